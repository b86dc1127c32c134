import os
import pty
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import PACKAGE
from ukd_bench.sweep.executors.inline import InlineExecutor

from .made_up_jobs import cuda, job, resources


def test_a_run_has_ended_when_it_was_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    executor = InlineExecutor(resources())
    one = job(tmp_path, 'one', 'import os; os.mkdir("made"); raise SystemExit(3)')
    executor.start(one)
    assert (tmp_path / 'made').is_dir()
    assert executor.poll(one) == 'the process ended with exit status 3'
    assert not one.log.exists()


def test_a_run_sees_the_first_gpu(tmp_path):
    executor = InlineExecutor(resources(cuda('GPU-a', 'GPU-b')))
    script = 'import os; open(os.environ["SEES"], "w").write(os.environ["CUDA_VISIBLE_DEVICES"])'
    executor.start(job(tmp_path, 'one', script, SEES=str(tmp_path / 'sees')))
    assert (tmp_path / 'sees').read_text() == 'GPU-a'


def test_a_run_of_two_processes_sees_two_gpus(tmp_path):
    executor = InlineExecutor(resources(cuda('GPU-a', 'GPU-b', 'GPU-c'), gpus_per_run=2))
    script = 'import os; open(os.environ["SEES"], "w").write(os.environ["CUDA_VISIBLE_DEVICES"])'
    one = job(tmp_path, 'one', script, SEES=str(tmp_path / 'sees'))
    executor.start(replace(one, processes=2, gpus=2))
    assert (tmp_path / 'sees').read_text() == 'GPU-a,GPU-b'
    with pytest.raises(ConfigError, match='gpus_per_run = 2: --device cuda has 1 '):
        InlineExecutor(resources(cuda('GPU-a'), gpus_per_run=2))


def test_several_at_once_are_refused():
    assert InlineExecutor(resources(jobs=1)).capacity == 1
    with pytest.raises(ConfigError, match='--jobs 2: the executor inline carries out one run aft'):
        InlineExecutor(resources(jobs=2))


# A sweep on a terminal, with one small script for a run.
SWEEP = """
import pathlib, sys
from ukd_bench.sweep.executors.inline import InlineExecutor
from tests.sweep.executors.made_up_jobs import job, resources
executor = InlineExecutor(resources())
run = job(pathlib.Path(sys.argv[1]), 'run', sys.argv[2])
try:
    executor.start(run)
    print('SWEEP:', executor.poll(run))
except KeyboardInterrupt:
    print('SWEEP: interrupted')
finally:
    executor.stop()
"""


class Terminal:
    """A process on a terminal of its own, and what it shows."""

    def __init__(self, *command: str) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(PACKAGE.parent)
            # Whoever started the tests in the background has had interrupts ignored.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.environ['PYTHONPATH'] = str(PACKAGE.parent)
            os.execv(command[0], command)
        self.shown = ''
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        # Linux ends a terminal that nobody has any more with an error.
        try:
            while piece := os.read(self.terminal, 4096):
                self.shown += piece.decode()
        except OSError:
            pass

    def wait_for(self, text: str) -> None:
        for _ in range(1500):
            if text in self.shown:
                return
            time.sleep(0.02)
        raise AssertionError(f'{text!r} is not in {self.shown!r}')

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())


def test_a_breakpoint_stops_a_run_where_a_person_can_look(tmp_path):
    script = 'secret = 6 * 7\nbreakpoint()\nprint("goes", "on")'
    terminal = Terminal(sys.executable, '-c', SWEEP, str(tmp_path), script)
    terminal.wait_for('(Pdb) ')
    terminal.type('p secret\n')
    terminal.wait_for('42')
    terminal.type('c\n')
    terminal.wait_for('goes on')
    terminal.wait_for('SWEEP: the process ended with exit status 0')
    os.waitpid(terminal.pid, 0)


def test_an_interrupt_is_the_runs_and_then_the_sweeps(tmp_path):
    script = (
        'import time\n'
        'try:\n    print("run", "waits", flush=True); time.sleep(60)\n'
        'except KeyboardInterrupt:\n'
        '    time.sleep(0.5); print("run", "tidied"); raise SystemExit(130)'
    )
    terminal = Terminal(sys.executable, '-c', SWEEP, str(tmp_path), script)
    terminal.wait_for('run waits')
    terminal.type('\x03')
    # Nobody had stopped it in the middle of that.
    terminal.wait_for('run tidied')
    terminal.wait_for('SWEEP: interrupted')
    os.waitpid(terminal.pid, 0)


def test_a_sweep_that_is_told_to_end_ends_its_run(tmp_path):
    told = SWEEP.replace(
        'executor = ', 'import signal; signal.signal(15, signal.default_int_handler)\nexecutor = '
    )
    script = 'import os, time; print(os.getpid(), flush=True); time.sleep(60)'
    sweep = subprocess.Popen(
        [sys.executable, '-c', told, str(tmp_path), script],
        cwd=PACKAGE.parent,
        env=dict(os.environ, PYTHONPATH=str(PACKAGE.parent)),
        stdout=subprocess.PIPE,
        text=True,
    )
    run = int(sweep.stdout.readline())
    sweep.send_signal(signal.SIGTERM)
    assert sweep.communicate(timeout=30)[0] == 'SWEEP: interrupted\n'
    assert not os.path.exists(f'/proc/{run}')

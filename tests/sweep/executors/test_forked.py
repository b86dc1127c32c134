"""Runs that are forked from a server, with small scripts in their place."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import PACKAGE
from ukd_bench.sweep.executors.local import LocalExecutor

from .made_up_jobs import ending, job, resources

# Tells who it is, and stays.
STAYS = """
import os, pathlib, time
part = pathlib.Path(os.environ['TOLD'] + '.part')
part.write_text(str(os.getpid()))
part.rename(os.environ['TOLD'])
time.sleep(60)
"""


@pytest.fixture
def executor():
    made = LocalExecutor(resources(jobs=2))
    yield made
    made.stop()


def staying(folder: Path, key: str):
    return job(folder, key, STAYS, TOLD=str(folder / key / 'told'))


def told(run) -> int:
    """The number of a staying run's process."""
    for _ in range(600):
        if (run.folder / 'told').exists():
            return int((run.folder / 'told').read_text())
        time.sleep(0.02)
    raise AssertionError(f'{run.label} did not start')


def is_gone(pid: int) -> bool:
    for _ in range(500):
        if not Path(f'/proc/{pid}').exists():
            return True
        time.sleep(0.02)
    return False


def test_runs_of_a_killed_server_count_as_killed_and_the_next_has_another(
    quick_server, executor, tmp_path
):
    runs = [staying(tmp_path, f'run{number}') for number in range(2)]
    for run in runs:
        executor.start(run)
    pids = [told(run) for run in runs]
    assert [executor.poll(run) for run in runs] == [None, None]
    os.kill(executor._server._process.pid, signal.SIGKILL)
    for run, pid in zip(runs, pids, strict=True):
        assert ending(executor, run).startswith('the process was killed, as the system does')
        assert is_gone(pid)
    after = job(tmp_path, 'after', 'raise SystemExit(4)')
    executor.start(after)
    assert ending(executor, after) == 'the process ended with exit status 4'


# A sweep with one run, whose server is ready at once.
SWEEP = """
import os, pathlib, sys, time
from ukd_bench.sweep.executors import forked
from ukd_bench.sweep.executors.local import LocalExecutor
from tests.sweep.executors.conftest import QUICK
from tests.sweep.executors.test_forked import resources, staying
forked.module_command = lambda module, *words: [sys.executable, '-c', QUICK, *words]
executor = LocalExecutor(resources(jobs=1))
executor.start(staying(pathlib.Path(sys.argv[1]), 'stays'))
print(executor._server._process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGINT])
def test_no_run_outlives_a_sweep(tmp_path, number):
    """Nor the server; a sweep that is interrupted here has nobody who tells the executor."""
    sweep = subprocess.Popen(
        [sys.executable, '-c', SWEEP, str(tmp_path)],
        cwd=PACKAGE.parent,
        env=dict(os.environ, PYTHONPATH=str(PACKAGE.parent)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    server = int(sweep.stdout.readline())
    run = told(staying(tmp_path, 'stays'))
    sweep.send_signal(number)
    sweep.communicate()
    assert is_gone(run) and is_gone(server)


def test_a_server_that_does_not_start_is_one_line(monkeypatch, executor, tmp_path):
    def command(*words: str) -> list[str]:
        return [sys.executable, '-c', 'import sys; sys.exit("no such library")']

    monkeypatch.setattr('ukd_bench.sweep.executors.forked.module_command', command)
    with pytest.raises(ConfigError) as refused:
        executor.start(job(tmp_path, 'run', ''))
    assert str(refused.value) == (
        'the server that runs are forked from did not start: the process ended with exit status 1 '
        '(no such library)'
    )


# Everything that a run could inherit, and what two threads compute.
TELLS = """
import hashlib, json, os, random, sys, threading
import mine
facts = dict(
    threads=len(os.listdir('/proc/self/task')), argv=sys.argv[1:], main=__name__,
    spec=sys.modules['__main__'].__spec__.name, session=os.getsid(0) == os.getpid(),
    variables={name: os.environ.get(name) for name in ('OMP_NUM_THREADS', 'OTHER')},
    preloaded='mmaction.models' in sys.modules, folder=os.getcwd(), mine=mine.VALUE,
    open=sorted(os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')
                if os.path.exists(f'/proc/self/fd/{n}')),
)
import numpy, torch
facts.update(cuda=torch.cuda.is_initialized(), drawn=[random.random(), numpy.random.rand(),
                                                     float(torch.rand(1))])
torch.set_num_threads(2)
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Conv3d(3, 8, 3), torch.nn.BatchNorm3d(8), torch.nn.ReLU())
net(torch.rand(16, 3, 8, 24, 24)).square().mean().backward()
matrix = numpy.random.RandomState(0).rand(300, 300)
facts['sha256'] = hashlib.sha256(
    net[0].weight.grad.numpy().tobytes() + (matrix @ matrix).tobytes()).hexdigest()
print(json.dumps(facts))
"""


@pytest.mark.slow
def test_a_forked_process_is_as_a_new_one_but_for_what_is_imported(executor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    variables = dict(OMP_NUM_THREADS='2', MKL_NUM_THREADS='2', CUDA_VISIBLE_DEVICES='')
    runs = [job(tmp_path, f'tells{n}', TELLS, **variables, OTHER=str(n)) for n in range(2)]
    forked = []
    for number, run in enumerate(runs):
        # A user's module is the one that is there when a run starts.
        (tmp_path / 'mine.py').write_text(f'VALUE = {number * 1000}\n')
        executor.start(run)
        assert ending(executor, run) == 'the process ended with exit status 0'
        forked.append(json.loads(run.log.read_text().splitlines()[-1]))
    new = subprocess.run(
        runs[1].command,
        env={**os.environ, **runs[1].variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=True,
    )
    new = json.loads(new.stdout.splitlines()[-1])
    draws = [facts.pop('drawn') for facts in (*forked, new)]
    # No stream of one is that of another.
    assert len({value for drawn in draws for value in drawn}) == 9
    files = [facts.pop('open') for facts in (*forked, new)]
    assert files[0].count('/dev/null') == 1 and len(files[0]) <= len(files[2]) + 1
    assert forked[0]['threads'] == forked[1]['threads'] == 1
    assert [facts['preloaded'] for facts in (*forked, new)] == [True, True, False]
    assert (forked[0].pop('mine'), forked[0]['variables'].pop('OTHER')) == (0, '0')
    assert (forked[1].pop('mine'), forked[1]['variables']['OTHER']) == (1000, '1')
    assert forked[0]['sha256'] == forked[1]['sha256'] and not forked[0]['cuda']
    for name in ('argv', 'main', 'spec', 'session', 'folder', 'cuda', 'variables', 'sha256'):
        assert forked[1][name] == new[name], name

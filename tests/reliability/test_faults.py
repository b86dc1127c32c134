"""What goes wrong on a machine, and what the same command makes of it afterwards."""

import errno
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ukd_bench.files.atomic import read_json

from ..warm import run_module
from . import small
from .processes import marked, slowed, wait_until

pytestmark = pytest.mark.slow
ALONE = '--methods', 'ukd', '--teachers', '1'
"""A teacher, its bank and a student."""


def require_undisturbed(place: Path, undisturbed: Path, methods=None) -> None:
    """Compares all records of a folder with those of the undisturbed sweep."""
    expected, found = small.outcomes(undisturbed), small.outcomes(place)
    assert found and found == {name: expected[name] for name in found}
    if methods is None:
        assert found.keys() == expected.keys()


def last_line(place: Path) -> str:
    """What the last sweep says of its runs."""
    lines = re.findall(r'^\d+ runs: .*$', (place / 'sweep.log').read_text(), re.MULTILINE)
    return lines[-1]


def states(place: Path) -> dict[str, dict]:
    """What runs have said of themselves."""
    found = {}
    for path in small.paths_in(place).root.glob('*/state.json'):
        found[path.parent.name] = read_json(path)
    return found


def is_training(place: Path) -> bool:
    return any(
        one['status'] == 'running' and one.get('epoch', 0) > 0 for one in states(place).values()
    )


def until_training(place: Path, sweep: subprocess.Popen) -> None:
    """Waits until a run has trained an epoch."""
    assert wait_until(lambda: is_training(place) or sweep.poll() is not None, 60)
    assert sweep.poll() is None, (place / 'sweep.log').read_text()


def ended(sweep: subprocess.Popen, mark: str) -> int:
    """The status of a sweep that was told to end; nothing is left of it."""
    status = sweep.wait(60)
    assert wait_until(lambda: not marked(mark)), marked(mark)
    return status


def test_signals_end_a_sweep_in_order_and_the_same_command_goes_on(place, undisturbed):
    def start(mark):
        sweep = small.start(place, *ALONE, '--jobs', '1', mark=mark)
        until_training(place, sweep)
        return sweep

    for number in (signal.SIGTERM, signal.SIGHUP):
        with slowed(number.name):
            sweep = start(number.name)
            sweep.send_signal(number)
        assert ended(sweep, number.name) == 130
        # The run had the time to say so, unless it had come to its end by then.
        assert {one['status'] for one in states(place).values()} <= {'interrupted', 'done'}
    with slowed('twice'):
        sweep = start('twice')
        sweep.send_signal(signal.SIGINT)
        time.sleep(0.1)
        sweep.send_signal(signal.SIGINT)
    assert ended(sweep, 'twice') != 0
    assert small.carry_out(place, *ALONE) == 0
    assert 'Traceback' not in (place / 'sweep.log').read_text()
    require_undisturbed(place, undisturbed, methods=ALONE)


def test_what_stands_still_for_a_while_goes_on(place, undisturbed):
    sweep = small.start(place, *ALONE, '--jobs', '1', mark='still', UKD_BENCH_BEAT_S='0.1')
    until_training(place, sweep)
    for process in marked('still'):
        process.kill(signal.SIGSTOP)
    time.sleep(3)
    for process in marked('still'):
        process.kill(signal.SIGCONT)
    assert ended(sweep, 'still') == 0
    require_undisturbed(place, undisturbed, methods=ALONE)


def test_a_run_that_alone_is_told_to_end_is_started_again(place, undisturbed):
    """As a scheduler or a careful administrator does."""
    with slowed('alone'):
        sweep = small.start(place, *ALONE, '--jobs', '1', mark='alone')
        until_training(place, sweep)
        (run,) = (process for process in marked('alone') if process.kind == 'run')
        assert run.kill(signal.SIGTERM)
        assert wait_until(lambda: '] again ' in (place / 'sweep.log').read_text())
    assert ended(sweep, 'alone') == 0
    require_undisturbed(place, undisturbed, methods=ALONE)


def test_two_sweeps_in_one_folder_share_the_work(place, undisturbed):
    sweeps = [small.start(place, '--jobs', '1', mark=f'racing {n}') for n in range(2)]
    assert [sweep.wait(300) for sweep in sweeps] == [0, 0], (place / 'sweep.log').read_text()
    require_undisturbed(place, undisturbed)
    log = (place / 'sweep.log').read_text()
    carried_out = [int(n) for n in re.findall(r'(\d+) carried out, 0 without', log)]
    assert len(carried_out) == 2 and all(carried_out)
    assert sum(carried_out) == len(small.outcomes(undisturbed))


def other_host(command: list[str]) -> list[str]:
    """A command as it runs on a host of another name that shares all files."""
    script = 'hostname elsewhere && exec "$@"'
    return ['unshare', '--uts', 'sh', '-c', script, 'sh', *command]


def needs_another_host() -> str | None:
    tried = subprocess.run(other_host(['true']), capture_output=True, check=False)
    return None if tried.returncode == 0 else 'no other host name can be had here'


def test_a_dead_host_is_told_from_a_slow_one_and_its_run_is_taken_over(
    place, undisturbed, monkeypatch
):
    if reason := needs_another_host():
        pytest.skip(reason)
    started = subprocess.Popen
    with monkeypatch.context() as patched:
        patched.setattr(
            small.subprocess, 'Popen', lambda words, **more: started(other_host(words), **more)
        )
        other = small.start(place, *ALONE, '--jobs', '1', mark='other', UKD_BENCH_BEAT_S='0.2')
    log = place / 'sweep.log'
    with slowed('other'):
        until_training(place, other)
        here = small.start(place, *ALONE, '--jobs', '1', mark='here', UKD_BENCH_BEAT_S='0.2')
        assert wait_until(lambda: 'on elsewhere carries this run out' in log.read_text(), 60)
        # It is slow, and alive: nobody takes its run.
        time.sleep(4)
        running = [one for one in states(place).values() if one['status'] == 'running']
        assert {one['host'] for one in running} <= {'elsewhere'} and here.poll() is None
        for process in marked('other'):
            process.kill()
    other.wait()
    assert here.wait(120) == 0, log.read_text()
    require_undisturbed(place, undisturbed, methods=ALONE)


def test_files_from_the_future_are_as_good_as_others(half_done, undisturbed):
    """As after the clock was set back."""
    tomorrow = time.time() + 86_400
    for path in (half_done / 'results').rglob('*'):
        os.utime(path, (tomorrow, tomorrow))
    before = len(small.outcomes(half_done))
    assert small.carry_out(half_done) == 0
    assert f'{before} reused' in last_line(half_done)
    require_undisturbed(half_done, undisturbed)


@pytest.fixture
def disk(tmp_path, undisturbed):
    """A small disk of one's own, with the sweep's folder on it."""
    root = tmp_path / 'disk'
    root.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', str(root)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip('no disk can be mounted here')
    try:
        small.copy_to(undisturbed, root / 'place')
        yield root / 'place'
    finally:
        subprocess.run(['umount', '--lazy', str(root)], check=True)


def fill(folder: Path, leave: int) -> Path:
    """Fills a disk but for so many bytes; returns the file that does it."""
    filler = folder.parent / 'filler'
    with open(filler, 'wb') as file:
        # The sweep may write between a look and the filling: then it is looked at again.
        while (free := shutil.disk_usage(folder).free) > leave:
            try:
                os.posix_fallocate(file.fileno(), 0, free - leave)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    return filler


@pytest.mark.parametrize('what', ['checkpoint', 'bank', 'record', 'plan'])
def test_a_full_disk_costs_nothing_that_was_finished(what, disk, undisturbed):
    """Whatever is being written; then room is made, and the same command ends well."""
    paths = small.paths_in(disk)
    moments = dict(
        checkpoint=lambda: is_training(disk),
        # What the teacher would have gone on from takes room until then.
        bank=lambda: (
            any(one['status'] == 'done' for one in states(disk).values())
            and not any(paths.root.glob('*/resume.pth'))
        ),
        record=lambda: any(paths.root.glob('*/checkpoint.pth')),
        plan=lambda: (disk / 'results').exists(),
    )
    sweep = small.start(disk, *ALONE, '--jobs', '1', mark=what)
    assert wait_until(moments[what], 60)
    filler = fill(disk, leave=8192)
    assert ended(sweep, what) in (1, 2)
    log = (disk / 'sweep.log').read_text()
    assert 'No space left on device' in log or 'is free' in log
    assert 'Traceback' not in log, log
    finished = small.outcomes(disk)
    filler.unlink()
    assert small.carry_out(disk, *ALONE) == 0, (disk / 'sweep.log').read_text()
    assert {name: small.outcomes(disk)[name] for name in finished} == finished
    require_undisturbed(disk, undisturbed, methods=ALONE)


def test_a_folder_that_turned_read_only_is_one_line(disk, undisturbed):
    assert ended(small.start(disk, *ALONE, mark='before'), 'before') == 0
    remount = ['mount', '-o', 'remount,ro', str(disk.parent)]
    subprocess.run(remount, check=True)
    before = small.outcomes(disk)
    words = ['ukd_bench.sweep', 'small.py', '--data-root', 'videos']
    done = run_module(*words, cwd=disk)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    # The folder of the report is looked at, too.
    assert re.match('error: (results|reports)/small', line) and 'Read-only file system' in line
    assert small.outcomes(disk) == before

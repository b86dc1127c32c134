"""Small scripts in place of runs, carried out by a real Slurm."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.records.folder import RunPaths
from ukd_bench.sweep.executors import Detached
from ukd_bench.sweep.executors.slurm import commands

from ..sweep.executors.made_up_jobs import cuda, ending, job

LONG = 'import time\nprint("begun", flush=True)\ntime.sleep(100)'
# Ends on SIGTERM as a run does: without a word. A job's second process goes on to the end.
TWICE = """
import pathlib, time
path = pathlib.Path({path!r})
before = path.read_text() if path.exists() else ''
path.write_text(before + 'x')
time.sleep(0 if before else 100)
"""


def until(is_so, seconds: float = 30.0):
    """Waits for something, and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := is_so():
            return found
        time.sleep(0.05)
    raise AssertionError('it has not come')


def begun(work) -> bool:
    return work.log.exists() and 'begun' in work.log.read_text()


def number_of(work) -> str:
    return json.loads(RunPaths(work.folder).job.read_text())['job']


def test_a_job_is_its_run(new_executor, tmp_path):
    executor = new_executor()
    assert executor.ahead and executor.capacity > 10_000 and new_executor(jobs=3).capacity == 3
    script = 'import os, sys\nprint("said", os.environ["MADE_UP"], os.getcwd())\nsys.exit({})'
    works = [job(tmp_path, f'end{n}', script.format(n), MADE_UP='so') for n in (0, 3)]
    for work in works:
        work.log.write_text('earlier\n')
        executor.start(work)
    words = [ending(executor, work) for work in works]
    numbers = [number_of(work) for work in works]
    assert words[0] == f'Slurm job {numbers[0]} ended as COMPLETED: exit status 0'
    assert words[1] == f'Slurm job {numbers[1]} ended as FAILED: exit status 3'
    for work in works:
        assert work.log.read_text() == f'earlier\nsaid so {tmp_path}\n'
        # Nothing lies elsewhere.
        kept = {path.name for path in work.folder.iterdir()}
        assert kept == {'log.txt', 'job.json', 'slurm'}


def test_a_job_waits_for_those_before_it_and_is_never_begun_without_them(
    new_executor, cluster, tmp_path
):
    executor = new_executor()
    first = job(tmp_path, 'first', 'import time\ntime.sleep(1)\nprint("first")')
    lost = job(tmp_path, 'lost', 'raise SystemExit(4)')
    then = replace(job(tmp_path, 'then', 'print("then")'), after=('first',))
    never = replace(job(tmp_path, 'never', 'print("never")'), after=('first', 'lost'))
    works = [first, lost, then, never]
    for work in works:
        executor.start(work)
    assert cluster.jobs()['made_up_then'] == 'PENDING'
    words, late = [], []
    for work in works:
        words.append(ending(executor, work))
        late.append(executor.linger_s)
    assert 'exit status 4' in words[1] and 'COMPLETED' in words[2]
    # What never was on a node has left nothing that could be yet to be seen.
    assert late == [60, 60, 60, 0]
    assert words[3].endswith(
        'ended as CANCELLED, DependencyNeverSatisfied: a run that it needs did not end well'
    )
    assert then.log.stat().st_mtime > first.log.stat().st_mtime and not never.log.exists()


def test_a_later_call_finds_its_jobs_and_no_others(new_executor, cluster, tmp_path, capfd):
    work, other = job(tmp_path, 'work', LONG), job(tmp_path, 'other', LONG)
    first = new_executor()
    assert not first.adopt(work)
    first.start(work)
    first.stop()
    told = capfd.readouterr().err
    assert told.startswith('1 job goes on in Slurm;') and str(tmp_path) in told

    # What a process that is killed just after it submitted cannot have written.
    RunPaths(work.folder).job.unlink()
    second = new_executor()
    assert second.adopt(work) and not second.adopt(other)
    assert second.poll(work) is None
    until(lambda: begun(work))
    cluster.call('scancel', cluster.id_of('made_up_work'))
    assert ending(second, work).endswith('ended as CANCELLED: it was cancelled')
    assert not new_executor().adopt(work)
    second.stop()
    assert capfd.readouterr().err == ''


@pytest.mark.parametrize('partition', ['main', 'graceful'])
def test_a_job_goes_on_when_its_node_was_wanted_for_another(
    partition, new_executor, cluster, tmp_path
):
    path = tmp_path / 'times'
    work = job(tmp_path, 'twice', TWICE.format(path=str(path)))
    there = dict(nodelist='node1', mem='6000')
    executor, urgent = (
        new_executor(partition=partition, **there),
        new_executor(partition='urgent', **there),
    )
    executor.start(work)
    number = number_of(work)
    until(path.exists)
    other = job(tmp_path, 'other', 'print("urgent")')
    urgent.start(other)
    # With a time of grace the run is told to end; without one it is Slurm that puts the job back.
    assert 'COMPLETED' in ending(urgent, other)
    assert ending(executor, work) == f'Slurm job {number} ended as COMPLETED: exit status 0'
    assert path.read_text() == 'xx'
    said = [path.read_text() for path in RunPaths(work.folder).slurm.glob('*.out')]
    assert ('the run was interrupted; the job is put back' in said[0]) == (partition == 'graceful')


def test_a_job_that_is_told_that_its_time_is_up_is_put_back(new_executor, cluster, tmp_path):
    path = tmp_path / 'times'
    work = job(tmp_path, 'twice', TWICE.format(path=str(path)))
    executor = new_executor()
    executor.start(work)
    until(path.exists)
    cluster.call('scancel', '--signal=USR2', number_of(work))
    assert 'COMPLETED' in ending(executor, work)
    assert path.read_text() == 'xx'


def test_a_job_is_put_back_as_often_as_it_may(new_executor, cluster, tmp_path):
    executor = new_executor(requeues=0)
    work = job(tmp_path, 'long', LONG)
    executor.start(work)
    until(lambda: begun(work))
    cluster.call('scancel', '--signal=USR2', number_of(work))
    assert 'ended as FAILED: exit status' in ending(executor, work)
    (log,) = RunPaths(work.folder).slurm.glob('*.out')
    assert 'timed-out too many times' in log.read_text()


def test_all_jobs_are_asked_for_at_once(new_executor, cluster, tmp_path, monkeypatch):
    executor = new_executor()
    works = [job(tmp_path, f'many{n}', 'import time\ntime.sleep(2)') for n in range(4)]
    asked, ask, now = [], commands.ask, [0.0]
    monkeypatch.setattr(commands, 'ask', lambda *words: asked.append(words[0]) or ask(*words))
    # However long it takes to submit.
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr('ukd_bench.sweep.executors.slurm.executor.time', clock)
    for work in works:
        assert not executor.adopt(work)
        executor.start(work)
    assert asked == ['squeue']
    asked.clear()
    for _ in range(3):
        now[0] += 1.0
        for work in works:
            executor.poll(work)
    assert asked.count('squeue') == 3
    until(lambda: not cluster.jobs())
    now[0] += 1.0
    for work in works:
        executor.poll(work)
    # Each is asked for once more when it is in the list no longer.
    assert asked.count('squeue') == 4 and asked.count('scontrol') == 4


def test_a_slurm_that_is_down_is_waited_for(new_executor, cluster, tmp_path, capfd, monkeypatch):
    executor = new_executor()
    work = job(tmp_path, 'work', 'import time\nprint("begun", flush=True)\ntime.sleep(8)')
    executor.start(work)
    until(lambda: begun(work))
    # Slurm's own commands would ask on for a while.
    monkeypatch.setattr(commands, '_TIMEOUT_S', 1.0)
    cluster.stop_controller()
    try:
        for _ in range(2):
            time.sleep(executor.poll_s)
            began = time.monotonic()
            assert [executor.poll(work) for _ in range(20)] == [None] * 20
            # One question tells it for all jobs.
            assert time.monotonic() - began < 5
        (line,) = capfd.readouterr().err.splitlines()
        assert line.startswith('squeue') and line.endswith('; waiting for Slurm')
        # A later call must know whether the job is there before it goes on.
        with ThreadPoolExecutor() as threads:
            adopted = threads.submit(new_executor().adopt, work)
            time.sleep(1.5)
            assert not adopted.done()
            cluster.start_controller()
            assert adopted.result()
    finally:
        cluster.start_controller()
    assert 'COMPLETED' in ending(executor, work)


@pytest.mark.parametrize(
    ('options', 'why'),
    [
        (dict(partition='absent'), 'sbatch: invalid partition specified: absent'),
        (dict(constraint='absent'), 'sbatch: Batch job submission failed: Invalid feature'),
        (dict(mem='900G'), 'sbatch: Memory specification can not be satisfied; Batch job'),
        (dict(extra={'made-up': 'x'}), "sbatch: unrecognized option '--made-up=x'"),
    ],
)
def test_what_slurm_refuses_is_told_in_one_line(options, why, new_executor, tmp_path, capfd):
    executor = new_executor(**options)
    with pytest.raises(ConfigError) as refused:
        executor.start(job(tmp_path, 'work', 'pass'))
    assert str(refused.value).startswith(why) and '\n' not in str(refused.value)
    assert capfd.readouterr() == ('', '')


def test_a_job_that_will_not_start_by_itself_is_told_of_once(
    new_executor, cluster, tmp_path, capfd
):
    executor, work = new_executor(extra=dict(hold=True)), job(tmp_path, 'held', 'pass')
    executor.start(work)
    for _ in range(3):
        time.sleep(executor.poll_s)
        assert executor.poll(work) is None
    number = number_of(work)
    line = f'made up held: Slurm job {number} waits and will not start: JobHeldUser\n'
    assert capfd.readouterr().err == line
    cluster.call('scontrol', 'release', number)
    assert 'COMPLETED' in ending(executor, work)


def test_detached_nobody_waits(new_executor, cluster, tmp_path):
    executor, work = new_executor(detach=True), job(tmp_path, 'work', LONG)
    executor.start(work)
    with pytest.raises(Detached):
        executor.poll(work)
    executor.stop()
    assert 'made_up_work' in cluster.jobs()


def test_a_job_of_a_sweep_inside_of_a_job_is_not_the_outer_one(new_executor, tmp_path, monkeypatch):
    for name in ('SLURM_JOB_ID', 'SLURM_CPUS_PER_TASK', 'SLURM_NTASKS'):
        monkeypatch.setenv(name, '77')
    executor = new_executor(cpus=2)
    work = job(tmp_path, 'work', 'import os\nprint(os.environ["SLURM_JOB_ID"])')
    executor.start(work)
    assert 'COMPLETED' in ending(executor, work) and work.log.read_text() != '77\n'
    assert os.environ['SLURM_NTASKS'] == '77'


def test_on_cuda_a_job_has_a_gpu_and_sees_no_other(new_executor, tmp_path):
    script = 'import os\nprint(*map(os.environ.get, ("SLURMD_NODENAME", "CUDA_VISIBLE_DEVICES")))'
    works = [job(tmp_path, f'on{n}', script) for n in range(3)]
    options = dict(), dict(gpus='a100:1'), dict(gres='gpu:a100:1')
    for work, more in zip(works, options, strict=True):
        executor = new_executor(devices=cuda('GPU'), **more)
        executor.start(work)
        assert 'COMPLETED' in ending(executor, work)
        assert work.log.read_text() == 'node2 0\n'
    with pytest.raises(ConfigError, match=r'^sbatch: .*node configuration is not available'):
        new_executor(devices=cuda('GPU'), gpus='v100:1').start(works[0])

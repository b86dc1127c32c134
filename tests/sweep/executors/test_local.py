"""Slots, with small scripts in the place of runs and names in that of GPUs."""

import os
import time
from dataclasses import replace

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.sweep.executors.local import LocalExecutor

from .made_up_jobs import CPU, cuda, ending, job, resources

# Says which GPU it sees, and stays until a file lets it go.
STAYS = """
import os, pathlib, time
here = pathlib.Path(os.environ['HERE'])
(here / 'sees').write_text(os.environ['CUDA_VISIBLE_DEVICES'])
while not (here / 'go').exists():
    time.sleep(0.02)
"""


@pytest.fixture
def staying(tmp_path):
    """Makes a job that stays until it is let go."""
    return lambda key: job(tmp_path, key, STAYS, HERE=str(tmp_path / key))


def sees(job) -> str:
    for _ in range(600):
        if (job.folder / 'sees').exists() and (text := (job.folder / 'sees').read_text()):
            return text
        time.sleep(0.02)
    raise AssertionError(f'{job.label} did not start')


@pytest.fixture
def local():
    """Makes executors, and stops them."""
    made = []

    def make(*arguments, **options) -> LocalExecutor:
        made.append(LocalExecutor(resources(*arguments, **options)))
        return made[-1]

    yield make
    for executor in made:
        executor.stop()


def test_eight_runs_at_once_have_eight_gpus_and_a_freed_one_is_used_again(staying, local):
    gpus = [f'GPU-{number:08x}' for number in range(8)]
    executor = local(cuda(*gpus), jobs=8)
    assert executor.capacity == 8
    jobs = [staying(f'run{number}') for number in range(9)]
    for one in jobs[:8]:
        executor.start(one)
    assert [sees(one) for one in jobs[:8]] == gpus
    assert [executor.poll(one) for one in jobs[:8]] == [None] * 8

    (jobs[5].folder / 'go').touch()
    assert ending(executor, jobs[5]) == 'the process ended with exit status 0'
    executor.start(jobs[8])
    assert sees(jobs[8]) == gpus[5]


def test_a_run_that_is_killed_frees_its_own_gpu_and_no_other(staying, local):
    gpus = [str(number) for number in range(8)]
    executor = local(cuda(*gpus))
    jobs = [staying(f'run{number}') for number in range(9)]
    for one in jobs[:8]:
        executor.start(one)
    assert [sees(one) for one in jobs[:8]] == gpus
    process, _ = executor._running[jobs[2].key]
    process.kill()
    assert ending(executor, jobs[2]).startswith('the process was killed')
    others = [one for one in jobs[:8] if one is not jobs[2]]
    assert [executor.poll(one) for one in others] == [None] * 7
    executor.start(jobs[8])
    assert sees(jobs[8]) == '2'
    for one in others:
        (one.folder / 'go').touch()
    assert [ending(executor, one) for one in others] == ['the process ended with exit status 0'] * 7


def test_slots_are_as_many_as_gpus_unless_fewer_are_asked_for(local, staying):
    assert local(cuda('0', '1', '2')).capacity == 3
    two = local(cuda('4', '1', '2'), jobs=2)
    assert two.capacity == 2
    for number in range(2):
        two.start(staying(f'run{number}'))
    assert [sees(staying(f'run{number}')) for number in range(2)] == ['4', '1']


def test_more_runs_than_gpus_are_refused(local):
    line = r'--jobs 3: every run has a GPU of its own, and --device cuda has 2 \(Made-up GPU\)'
    with pytest.raises(ConfigError, match=line):
        local(cuda('0', '1'), jobs=3)


@pytest.mark.parametrize(('jobs', 'threads', 'capacity'), [(None, 1, 6), (None, 4, 1), (9, 4, 9)])
def test_on_the_cpu_runs_fill_the_cores(local, monkeypatch, jobs, threads, capacity):
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: set(range(6)))
    assert local(jobs=jobs, threads=threads).capacity == capacity


@pytest.fixture(params=['forked', 'new'])
def one_slot(request, local, quick_server):
    """An executor that forks its runs, and one that starts a new process for each."""
    return local(jobs=1) if request.param == 'forked' else local(cuda('0'))


def test_a_log_is_added_to(one_slot, tmp_path):
    """What a process says comes after what the one before had said."""
    says = job(tmp_path, 'says', 'import sys; print("out"); print("err", file=sys.stderr)')
    says.log.write_text('before\n')
    one_slot.start(says)
    ending(one_slot, says)
    assert sorted(says.log.read_text().splitlines()) == ['before', 'err', 'out']


ENDINGS = [
    ('raise SystemExit(3)', 'the process ended with exit status 3'),
    ('raise SystemExit("why")', 'the process ended with exit status 1'),
    ('1 / 0', 'the process ended with exit status 1'),
    ('import os; os.kill(os.getpid(), 9)', 'the process was killed, as the system does when'),
    ('import os; os.kill(os.getpid(), 11)', 'the process ended by signal SIGSEGV'),
    # Nobody is there to answer.
    ('import sys; assert sys.stdin.read() == ""', 'the process ended with exit status 0'),
    # What shall be done at the end is done.
    ('import atexit, os; atexit.register(os._exit, 5)', 'the process ended with exit status 5'),
]


def test_how_a_process_ended_in_words(one_slot, tmp_path):
    for number, (script, words) in enumerate(ENDINGS):
        one = job(tmp_path, f'ends{number}', script)
        one_slot.start(one)
        assert ending(one_slot, one).startswith(words), script


def test_runs_are_asked_to_end_and_then_have_to(
    local, tmp_path, monkeypatch, staying, quick_server
):
    monkeypatch.setattr('ukd_bench.sweep.executors.process.STOP_S', 0.5)
    deaf = 'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n' + STAYS
    for executor, kind in ((local(jobs=2), 'forked'), (local(cuda('0', '1')), 'new')):
        jobs = [
            job(tmp_path, f'{kind}_{name}', script, HERE=str(tmp_path / f'{kind}_{name}'))
            for name, script in (('hears', STAYS), ('deaf', deaf))
        ]
        for one in jobs:
            one.variables.setdefault('CUDA_VISIBLE_DEVICES', '-')
            executor.start(one)
        for one in jobs:
            sees(one)
        executor.stop()
        assert executor.poll(jobs[0]) == 'the process ended by signal SIGTERM'
        assert executor.poll(jobs[1]).startswith('the process was killed')


def test_four_runs_of_two_gpus_have_pairs_of_their_own_and_banks_take_what_is_left(staying, local):
    gpus = [f'GPU-{number:08x}' for number in range(8)]
    executor = local(cuda(*gpus), gpus_per_run=2)
    pairs = [replace(staying(f'run{number}'), processes=2, gpus=2) for number in range(5)]
    for one in pairs[:4]:
        assert executor.has_room(one)
        executor.start(one)
    assert [sees(one) for one in pairs[:4]] == [','.join(gpus[n : n + 2]) for n in (0, 2, 4, 6)]
    bank = staying('bank')
    assert not executor.has_room(pairs[4]) and not executor.has_room(bank)

    (pairs[1].folder / 'go').touch()
    ending(executor, pairs[1])
    executor.start(bank)
    assert sees(bank) == gpus[2] and not executor.has_room(pairs[4])
    (pairs[3].folder / 'go').touch()
    ending(executor, pairs[3])
    executor.start(pairs[4])
    assert sees(pairs[4]) == f'{gpus[3]},{gpus[6]}'


@pytest.mark.parametrize(
    ('gpus', 'jobs', 'line'),
    [
        (1, None, r'gpus_per_run = 2: --device cuda has 1 \(Made-up GPU\)'),
        (3, 2, r'--jobs 2: every run has 2 GPUs of its own, and --device cuda has 3 \(Made'),
    ],
)
def test_more_gpus_than_there_are_are_refused(local, gpus, jobs, line):
    with pytest.raises(ConfigError, match=line):
        local(cuda(*map(str, range(gpus))), jobs=jobs, gpus_per_run=2)


@pytest.mark.parametrize(('jobs', 'threads', 'slots'), [(None, 1, 6), (None, 4, 2), (3, 1, 6)])
def test_on_the_cpu_processes_fill_the_cores(local, monkeypatch, staying, jobs, threads, slots):
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: set(range(6)))
    executor = local(jobs=jobs, threads=threads, gpus_per_run=2)
    assert executor.capacity == (jobs or slots)
    assert executor.has_room(replace(staying('fits'), processes=slots))
    assert not executor.has_room(replace(staying('does_not'), processes=slots + 1))


def test_runs_share_gpus_in_rounds_and_a_new_one_goes_where_fewest_are(staying, local):
    executor = local(cuda('4', '7'), runs_per_gpu=2)
    assert executor.capacity == 4
    jobs = [staying(f'run{number}') for number in range(6)]
    for one in jobs[:4]:
        assert executor.has_room(one)
        executor.start(one)
    assert [sees(one) for one in jobs[:4]] == ['4', '7', '4', '7']
    assert not executor.has_room(jobs[4])
    # In this order the first place that is free is on a GPU with a run.
    for one in (jobs[0], jobs[1], jobs[3]):
        (one.folder / 'go').touch()
        ending(executor, one)
    for one in jobs[4:]:
        executor.start(one)
    assert [sees(one) for one in jobs[4:]] == ['7', '4']


def test_fewer_jobs_are_spread_over_the_gpus(local, staying):
    executor = local(cuda('0', '1'), jobs=3, runs_per_gpu=3)
    jobs = [staying(f'run{number}') for number in range(3)]
    for one in jobs:
        executor.start(one)
    assert executor.capacity == 3 and [sees(one) for one in jobs] == ['0', '1', '0']


@pytest.mark.parametrize(
    ('gpus', 'jobs', 'sharing'), [(2, None, 3), (2, 6, 3), (2, 3, 2), (2, 2, 1), (0, 1, 3)]
)
def test_how_many_come_to_share_a_gpu(gpus, jobs, sharing):
    given = resources(cuda(*map(str, range(gpus))), jobs=jobs, runs_per_gpu=3)
    assert given.sharing == sharing


@pytest.mark.parametrize(
    ('devices', 'options', 'line'),
    [
        (
            cuda('0', '1'),
            dict(jobs=5, runs_per_gpu=2),
            '--jobs 5: --runs-per-gpu 2 has 2 share a GPU, and --device cuda has 2 (Made-up GPU); '
            '--runs-per-gpu 3 lets so many share them',
        ),
        (
            cuda('0', '1'),
            dict(jobs=3),
            '--jobs 3: every run has a GPU of its own, and --device cuda has 2 (Made-up GPU); '
            '--runs-per-gpu 2 lets so many share them',
        ),
        (
            cuda('0', '1'),
            dict(gpus_per_run=2, runs_per_gpu=2),
            '--runs-per-gpu 2: gpus_per_run = 2 gives every run that trains GPUs of its own',
        ),
        (CPU, dict(runs_per_gpu=2), '--runs-per-gpu 2: --device cpu has no GPU to share'),
        (CPU, dict(runs_per_gpu=0), '--runs-per-gpu 0 is not positive'),
    ],
)
def test_what_cannot_be_shared_is_refused(local, devices, options, line):
    with pytest.raises(ConfigError) as refused:
        local(devices, **options)
    assert str(refused.value) == line

"""What becomes of a run's other processes, with scripts in their place."""

import json
import sys
import threading
from dataclasses import asdict
from types import SimpleNamespace

import pytest

from ukd_bench.errors import DivergedError, ProcessError
from ukd_bench.measure.memory.shortage import out_of_memory
from ukd_bench.records.folder import RunPaths
from ukd_bench.runs import processes
from ukd_bench.runs.facts import RunFacts
from ukd_bench.runs.word import Word

SAYS = """
import os, sys, time
_, folder, port, descriptor, resumes = sys.argv
script = {scripts}[int(os.environ['RANK'])]
exec(script)
"""
KILLED = 'os.kill(os.getpid(), 9)'
GOES_ON = 'time.sleep(60)'
PEAKS = dict(train=dict(allocated_peak_bytes=7))


def says(status: str, message: str, is_aftermath: bool = False) -> str:
    word = Word(status, message, is_aftermath, PEAKS, f'{5:064x}', 3)
    return f'os.write(int(descriptor), {json.dumps(asdict(word)).encode()!r})'


@pytest.fixture
def others(tmp_path, monkeypatch):
    """Starts scripts as the processes 2, 3 and so on of a run."""
    made = []

    def start(*scripts: str) -> processes._Others:
        script = SAYS.format(scripts=['', *scripts])

        def command(module: str, *arguments: str) -> list[str]:
            assert module == 'runs.rank'
            return [sys.executable, '-c', script, *arguments]

        monkeypatch.setattr(processes, 'module_command', command)
        spec = SimpleNamespace(processes=1 + len(scripts))
        made.append(processes._Others(RunPaths(tmp_path), spec, False, 1))
        return made[-1]

    yield start
    for one in made:
        for process in one._all:
            process.kill()


def test_the_one_that_ended_first_is_told(others):
    # One is lost, and another sees that it is gone.
    gone = others(says('failed', 'RuntimeError: Connection closed by peer', True), KILLED)
    found = gone.cause_within(60)
    assert type(found) is ProcessError
    assert str(found).startswith('process 3 of 3: the process was killed')
    # Where all suffer, the first process has the cause.
    assert others(says('failed', 'RuntimeError: closed', True)).cause_within(60) is None


@pytest.mark.parametrize(
    ('status', 'kind'),
    [('failed', ProcessError), ('diverged', DivergedError), ('oom', RuntimeError)],
)
def test_what_it_said_is_the_runs_result(others, status, kind):
    found = others(says(status, 'its own words')).cause_within(60)
    assert isinstance(found, kind) and str(found) == 'process 2 of 2: its own words'
    assert (out_of_memory(found) is not None) == (status == 'oom')


def test_sums_and_the_largest_peaks_are_the_runs(others):
    done = others(says('done', ''), says('done', ''))
    done.require_done()
    included = []
    memory = SimpleNamespace(peaks=dict(train='own'), include=included.append)
    facts = RunFacts(hashes=dict(targets=f'{1:064x}'), counts=dict(teacher_forwards=2))
    done.include_in(memory, facts)
    assert included == [PEAKS, PEAKS]
    assert facts.memory_of_processes == [dict(train='own'), PEAKS, PEAKS]
    assert facts.hashes == dict(targets=f'{11:064x}') and facts.counts == dict(teacher_forwards=8)


def test_a_first_process_that_waits_for_one_that_is_gone_gives_up(others, monkeypatch):
    monkeypatch.setattr(processes, 'GRACE_S', 0.2)
    given, gave_up = [], threading.Event()

    def give_up(found: Exception) -> None:
        given.append(found)
        gave_up.set()
        raise SystemExit

    with others(GOES_ON, KILLED).watched(give_up):
        assert gave_up.wait(60)
    assert [str(one).partition(':')[0] for one in given] == ['process 3 of 3']


def test_one_that_does_not_end_is_ended(others, monkeypatch):
    monkeypatch.setattr(processes, '_END_S', 0.2)
    one = others(GOES_ON)
    with pytest.raises(ProcessError, match='process 2 of 2 does not end'):
        one.require_done()
    one.stop()
    assert one._all[0].has_ended


def test_gpus_are_of_one_kind_and_as_many_as_processes(monkeypatch):
    spec = SimpleNamespace(device='cuda', processes=2)
    for names in (('A',), ('A', 'B')):
        monkeypatch.setattr(processes, 'cuda_devices', lambda names=names: names)
        with pytest.raises(Exception, match=f'on 2 GPUs of one kind; torch finds {names[0]}'):
            processes._require_gpus(spec)
    monkeypatch.setattr(processes, 'cuda_devices', lambda: ('A', 'A', 'B'))
    processes._require_gpus(spec)

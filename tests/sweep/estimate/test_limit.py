"""What fits a memory and what does not, and by whose measure."""

import os

import pytest

from ukd_bench.sizes import GIB, MIB
from ukd_bench.sweep.estimate import limit as module
from ukd_bench.sweep.estimate.limit import (
    CONTEXT_BYTES,
    PROCESS_BYTES,
    MemoryLimit,
    Needs,
    memory_limit,
    perhaps_too_large,
    too_large,
)
from ukd_bench.sweep.executors.devices import Devices

CARD = MemoryLimit(10 * GIB, 'Made-up GPU', CONTEXT_BYTES)
MACHINE = MemoryLimit(10 * GIB, 'this machine', PROCESS_BYTES)
GONE = Devices('cuda', 'cuda', None, absence='no GPU')


def perhaps(needs, limit=CARD, jobs=1, kind='cuda', **at_once):
    return perhaps_too_large(needs, limit, at_once, jobs, kind)


def test_the_context_counts():
    fits, too = Needs('a', 10 * GIB - CONTEXT_BYTES), Needs('b', 10 * GIB - CONTEXT_BYTES + 1)
    (line,) = too_large([fits, too], CARD)
    assert line == (
        'b cannot fit: its peak of 9.4 GiB and 600.0 MiB for the CUDA context are more than the '
        '10.0 GiB of Made-up GPU'
    )
    assert perhaps([fits, too], a=1, b=1) == []


def test_scratch_memory_is_a_maybe():
    needs = Needs('a', 9 * GIB, workspace=GIB)
    assert too_large([needs], CARD) == []
    (line,) = perhaps([needs], a=1)
    assert line.startswith('a may not fit: scratch memory of at most 1.0 GiB comes beside its peak')
    assert perhaps([Needs('a', 8 * GIB, workspace=GIB)], a=1) == []
    # What cannot fit anyway is told once.
    assert perhaps([Needs('a', 11 * GIB, workspace=GIB)], a=1) == []


def test_runs_side_by_side_share_a_machine():
    needs = [Needs('a', 5 * GIB), Needs('b', 4 * GIB)]
    for jobs, of_a, fits in [(1, 2, True), (2, 1, True), (2, 2, False), (3, 1, False)]:
        found = perhaps(needs, MACHINE, jobs, 'cpu', a=of_a, b=2)
        assert (found == []) == fits, (jobs, of_a)
    (line,) = perhaps(needs, MACHINE, 3, 'cpu', a=1, b=2)
    assert line == (
        'the 3 largest runs may not fit at once: 13.0 GiB and 500.0 MiB for Python and its '
        'libraries are more than the 10.0 GiB of this machine; a smaller --jobs runs fewer'
    )


def test_runs_that_share_a_gpu_have_a_context_each():
    needs = [Needs('a', 5 * GIB), Needs('b', 4 * GIB)]
    assert perhaps(needs, CARD, 1, a=2, b=2) == perhaps(needs, CARD, 2, a=0, b=2) == []
    (line,) = perhaps(needs, CARD, 2, a=1, b=2)
    assert line == (
        'the 2 largest runs may not fit a GPU at once: 9.0 GiB and 600.0 MiB for the CUDA context '
        'of each are more than the 10.0 GiB of Made-up GPU; a smaller --runs-per-gpu has fewer '
        'share it'
    )


def test_where_nothing_is_known_nothing_is_said():
    unknown = MemoryLimit(None, 'cuda', CONTEXT_BYTES)
    needs = [Needs('a', 10**15, workspace=10**15)]
    assert too_large(needs, unknown) == perhaps(needs, unknown, a=1) == []


@pytest.mark.parametrize('devices', [GONE, Devices('cpu', 'cpu', 'Made-up CPU')])
def test_a_size_that_is_given_counts(devices, monkeypatch):
    monkeypatch.setattr(module, 'ask', None)
    assert memory_limit(devices, 123).size == 123


def test_without_one_the_device_is_asked(monkeypatch):
    asked = []

    def ask(questions):
        asked.append(questions)
        return {'cuda_memory': 80 * GIB}

    monkeypatch.setattr(module, 'ask', ask)
    assert memory_limit(GONE, None).size is None and asked == []
    here = memory_limit(Devices('cuda', 'cuda', 'Made-up GPU', ('0',)), None)
    assert here == MemoryLimit(80 * GIB, 'Made-up GPU', CONTEXT_BYTES)
    assert asked == [{'cuda_memory': 'Made-up GPU'}]


def test_on_the_cpu_it_is_the_memory_of_the_machine_or_of_the_container(tmp_path, monkeypatch):
    def size() -> int | None:
        return memory_limit(Devices('cpu', 'cpu', 'Made-up CPU'), None).size

    own = tmp_path / 'memory.max'
    monkeypatch.setattr(module, '_OF_CONTAINER', (tmp_path / 'absent', own))
    whole = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    assert size() == whole > 100 * MIB
    for text, expected in [('max\n', whole), (f'{whole * 2}\n', whole), ('1048576\n', MIB)]:
        own.write_text(text)
        assert size() == expected

from multiprocessing import get_context

import pytest
import torch

from ukd_bench.measure.memory import phases as memory_module
from ukd_bench.measure.memory.phases import PhaseMemory

MIB = 2**20
FIGURES = ('allocated_peak_bytes', 'reserved_peak_bytes', 'process_peak_bytes')


@pytest.fixture
def memory():
    return PhaseMemory(torch.device('cpu'))


def in_a_fresh_process(check):
    """Has a function check exact figures where no other test has left anything behind."""
    process = get_context('spawn').Process(target=check)
    process.start()
    process.join()
    assert process.exitcode == 0


def allocated(memory, phase):
    return memory.peaks[phase]['allocated_peak_bytes']


def each_phase():
    memory = PhaseMemory(torch.device('cpu'))
    with memory.phase('empty'):
        torch.zeros(1)
    with memory.phase('large'):
        torch.zeros(8 * MIB)
    with memory.phase('small'):
        torch.zeros(MIB)
    base = allocated(memory, 'empty')
    assert allocated(memory, 'large') - base == pytest.approx(32 * MIB, abs=64)
    assert allocated(memory, 'small') - base == pytest.approx(4 * MIB, abs=64)
    assert list(memory.peaks) == ['empty', 'large', 'small']
    for figures in memory.peaks.values():
        assert tuple(figures) == FIGURES
        assert figures['reserved_peak_bytes'] is None


def test_each_phase_has_its_own_peak():
    in_a_fresh_process(each_phase)


def process_figures():
    memory = PhaseMemory(torch.device('cpu'))
    with memory.phase('large'):
        torch.ones(64 * MIB)
    with memory.phase('small'):
        torch.ones(1)
    peaks = [memory.peaks[name]['process_peak_bytes'] for name in ('large', 'small')]
    assert peaks[0] - peaks[1] > 200 * MIB


def test_the_process_figure_is_the_phases_where_the_system_lets_it_be_reset():
    try:
        memory_module._RESET_PROCESS_PEAK.write_text('5')
    except OSError:
        pytest.skip('the peak resident set cannot be reset here')
    in_a_fresh_process(process_figures)


def test_beginning_ends_what_runs_and_ending_twice_is_ending_once(memory):
    memory.begin('first')
    kept = torch.zeros(MIB)
    memory.begin('second')
    memory.end()
    memory.end()
    assert list(memory.peaks) == ['first', 'second']
    assert allocated(memory, 'second') >= kept.nbytes
    memory.update()


def test_a_phase_that_fails_is_noted_and_the_tracker_is_gone(memory):
    with pytest.raises(ZeroDivisionError), memory.phase('broken'):
        torch.zeros(MIB)
        raise ZeroDivisionError
    assert allocated(memory, 'broken') >= 4 * MIB
    before = dict(memory.peaks['broken'])
    torch.zeros(16 * MIB)
    assert memory.peaks == {'broken': before}


def test_a_system_that_tells_nothing_gives_null(memory, monkeypatch, tmp_path):
    monkeypatch.setattr(memory_module, '_PROCESS_STATUS', tmp_path / 'absent')
    monkeypatch.setattr(memory_module, '_RESET_PROCESS_PEAK', tmp_path / 'absent' / 'too')
    with memory.phase('one'):
        torch.zeros(1)
    assert memory.peaks['one']['process_peak_bytes'] is None


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device')
def test_cuda_peaks_survive_a_reset_by_the_logger():
    memory = PhaseMemory(torch.device('cuda'))
    memory.begin('train')
    torch.zeros(8 * MIB, device='cuda')
    memory.update()
    torch.cuda.reset_peak_memory_stats()
    torch.zeros(MIB, device='cuda')
    memory.end()
    assert memory.peaks['train']['allocated_peak_bytes'] >= 32 * MIB
    assert memory.peaks['train']['reserved_peak_bytes'] >= 32 * MIB


def two_parts():
    memory = PhaseMemory(torch.device('cpu'))
    memory.begin('train')
    base = memory.so_far()['train']['allocated_peak_bytes'] or 0
    torch.zeros(100_000)
    memory.end()
    del_me = torch.zeros(50_000_000)
    del del_me
    memory.begin('train')
    torch.zeros(200_000)
    memory.end()
    peak = memory.peaks['train']['allocated_peak_bytes']
    assert 800_000 <= peak - base < 200_000_000


def test_a_phase_in_two_parts_leaves_out_what_lies_between():
    in_a_fresh_process(two_parts)


def test_figures_that_say_nothing_are_withheld():
    memory = PhaseMemory(torch.device('cpu'))
    with memory.phase('train'):
        torch.zeros(1000)
    memory.withhold('train')
    assert memory.peaks == {
        'train': {
            'allocated_peak_bytes': None,
            'reserved_peak_bytes': None,
            'process_peak_bytes': None,
        }
    }


def so_far():
    memory = PhaseMemory(torch.device('cpu'))
    memory.begin('train')
    base = memory.so_far()['train']['allocated_peak_bytes'] or 0
    torch.zeros(MIB)
    before = memory.so_far()['train']['allocated_peak_bytes'] - base
    assert before >= 4 * MIB
    assert memory.running and not memory.peaks
    torch.zeros(8 * MIB)
    memory.end()
    assert allocated(memory, 'train') - base >= 32 * MIB > before
    assert memory.so_far() == memory.peaks


def test_peaks_so_far_end_nothing():
    in_a_fresh_process(so_far)


def test_the_peaks_of_an_earlier_process_count(memory):
    figures = dict.fromkeys(FIGURES, None)
    with memory.phase('train'):
        torch.zeros(MIB)
    own = dict(memory.peaks['train'])
    larger = figures | dict(allocated_peak_bytes=10**12, reserved_peak_bytes=7)
    memory.include(dict(train=larger, init=figures | dict(allocated_peak_bytes=5)))
    assert memory.peaks['train'] == own | dict(allocated_peak_bytes=10**12, reserved_peak_bytes=7)
    assert allocated(memory, 'init') == 5
    memory.include(dict(train=figures | dict(allocated_peak_bytes=1)))
    assert allocated(memory, 'train') == 10**12

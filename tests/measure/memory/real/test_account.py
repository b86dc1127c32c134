import pytest
import torch

from ukd_bench.measure.memory.real.account import BEGIN, END, HostAccount, peaks_by_phase

MIB = 2**20


def test_peaks_by_hand():
    events = [('', 100), (f'{BEGIN}one', 0), ('', 50), ('', -120), (f'{END}one', 0)]
    # What comes between two phases is neither's, but what stays of it is the next one's.
    events += [('', 900), ('', -800), (f'{BEGIN}two', 0), ('', -60), ('', 10), (f'{END}two', 0)]
    assert peaks_by_phase(iter(events)) == dict(one=150, two=130)


def test_a_phase_that_does_not_end_has_no_peak():
    assert peaks_by_phase(iter([(f'{BEGIN}one', 0), ('', 50)])) == {}


def test_the_allocator_tells_of_tensors_and_of_scratch_memory_within_operators():
    clip, weight = torch.zeros(1, 16, 4, 32, 32), torch.zeros(16, 16, 3, 3, 3)
    with HostAccount() as account:
        kept = torch.zeros(MIB)
        account.mark(f'{BEGIN}tensors')
        torch.zeros(2 * MIB)
        account.mark(f'{END}tensors')
        account.mark(f'{BEGIN}scratch')
        result = torch.nn.functional.conv3d(clip, weight, padding=1)
        account.mark(f'{END}scratch')
    peaks = account.peaks()
    assert peaks['tensors'] == pytest.approx(kept.nbytes + 8 * MIB, abs=1024)
    # At the least, a copy of the weights or of what they are multiplied with.
    assert peaks['scratch'] >= kept.nbytes + result.nbytes + weight.nbytes

"""Copies of a network that is pickled once."""

import pytest
import torch
from torch import nn

from ukd_bench.measure.memory.fake.mould import LARGE, Mould


class Net(nn.Module):
    def __init__(self, function=None):
        super().__init__()
        self.large = nn.Linear(LARGE, 1, bias=False)
        self.small = nn.Linear(2, 2)
        self.tied = self.small.weight
        self.parts = dict(also=self.small)
        self.register_buffer('counted', torch.arange(3))
        self.register_parameter('frozen', nn.Parameter(torch.ones(2), requires_grad=False))
        self.function = function


@pytest.mark.parametrize('function', [None, lambda: None], ids=['pickled', 'piece by piece'])
def test_copies_share_modules_within_and_nothing_with_each_other(function):
    mould = Mould(Net(function))
    assert (mould._pickled is None) == (function is not None)
    one, other = mould.copy(), mould.copy()
    for net in (one, other):
        assert net.parts['also'] is net.small and net.tied is net.small.weight
        assert isinstance(net.tied, nn.Parameter) and not net.frozen.requires_grad
        assert net.tied.requires_grad and net.counted.tolist() == [0, 1, 2]
        assert [*net.state_dict()] == [*Net().state_dict()]
    assert torch.equal(one.tied, other.tied)
    places = [{value.data_ptr() for value in net.state_dict().values()} for net in (one, other)]
    assert not places[0] & places[1] and len(places[0]) == 5


def test_what_is_computed_of_others_has_no_copies():
    net = Net()
    net.computed = net.small.weight * 2
    assert Mould(net).copy() is None

"""Operators on fake tensors, remembered or not, against torch's own fake and real tensors."""

import itertools

import pytest
import torch
from torch import nn

from ukd_bench.measure.memory.fake.ledger import DEVICE
from ukd_bench.measure.memory.fake.shapes import Shapes
from ukd_bench.measure.memory.live_tensors import LiveTensorTracker

from .small import (
    NETWORKS,
    OPTIMIZERS,
    events_of,
    new_ledger,
    no_collection,
    on_device,
    peak_of,
    train,
)


class Forgetful(Shapes):
    """Has torch work out every operator anew."""

    def apply(self, func, args, kwargs, makes):
        return self._work_out(func, args, kwargs, makes)


@pytest.fixture(scope='module')
def remembered():
    """Shapes that have seen all that the tests have done before."""
    return Shapes(DEVICE)


PAIRS = [
    *(('transformer', 'fused_adamw'), ('convolution_3d', 'sgd'), ('channels_last_3d', 'momentum')),
    *(('shifted_2d', 'momentum'), ('linear', 'adamw'), ('linear', 'foreach_adamw')),
]
OTHER_PAIRS = [
    pytest.param(*pair, marks=pytest.mark.exhaustive)
    for pair in itertools.product(NETWORKS, OPTIMIZERS)
    if pair not in PAIRS
]


@pytest.mark.parametrize(('network', 'optimizer'), [*PAIRS, *OTHER_PAIRS])
def test_a_training_allocates_what_torch_says(network, optimizer, remembered):
    def events(shapes):
        with no_collection():
            return events_of(lambda: train(network, optimizer, DEVICE), shapes)

    first, again = events(remembered), events(remembered)
    assert first == again == events(Forgetful(DEVICE))
    tracker = LiveTensorTracker()
    with no_collection(), tracker:
        before = tracker.live_bytes
        train(network, optimizer, 'cpu')
    # The number of steps of an optimizer that is not fused is on the host, for each weight.
    steps = 4 * len([*NETWORKS[network][0]().parameters()]) if 'adamw' in optimizer else 0
    on_host = 0 if optimizer.startswith('fused') else steps
    assert peak_of(first) == tracker.peak_bytes - before - on_host


def layout(tensor):
    return tensor.shape, tensor.stride(), tensor.dtype, tensor.storage_offset()


SMALL_WAYS = {
    'unsqueeze_': lambda x: x.unsqueeze_(0),
    'squeeze_': lambda x: x[:1].squeeze_(0),
    'transpose_': lambda x: x.transpose_(0, 1),
    't_': lambda x: x.t_(),
    'swapaxes_': lambda x: x.swapaxes_(0, 1),
    'as_strided_': lambda x: x.as_strided_((2, 2), (1, 2), 1),
    'resize_': lambda x: x.resize_(5, 7),
    'resize_as_': lambda x: x.resize_as_(x.new_zeros(9)),
    'set_': lambda x: x.set_(x.new_zeros(2)),
    'tanh_': lambda x: x.tanh_(),
    'add_': lambda x: x.add_(1),
    'out': lambda x: torch.add(x, 1, out=x.new_zeros(0)),
    'expand': lambda x: x.unsqueeze(0).expand(5, -1, -1),
    'of_expanded': lambda x: x[:1].expand(5, -1) * 2,
    'channels_last': lambda x: x[None, None].contiguous(memory_format=torch.channels_last) + 1,
    'view_as_other_type': lambda x: x.view(torch.int32),
    'foreach': lambda x: torch._foreach_mul([x, x.t()], 2)[1],
    'comparison': lambda x: x > 0,
    'mean': lambda x: x.mean(0, keepdim=True),
    'to_half': lambda x: x.t().half(),
    'whole_numbers': lambda x: x.argmax(0),
    'split': lambda x: x.split(1)[1],
    'cat': lambda x: torch.cat([x.t(), x.t()]),
    'matmul': lambda x: x[None].expand(2, -1, -1) @ x.t(),
}


@pytest.mark.parametrize('name', SMALL_WAYS)
def test_results_are_laid_out_as_real_ones(name, remembered):
    real = torch.zeros(3, 4)
    result = SMALL_WAYS[name](real)
    for _ in range(2):
        with new_ledger(remembered):
            fake = on_device(3, 4)
            fake_result = SMALL_WAYS[name](fake)
        assert layout(fake_result) == layout(result)
        assert layout(fake) == layout(real if real is not result else result)
        shares = result.untyped_storage()._cdata == real.untyped_storage()._cdata
        its = fake_result.untyped_storage()._cdata == fake.untyped_storage()._cdata
        assert its == shares
        assert fake_result.untyped_storage().nbytes() == result.untyped_storage().nbytes()
        real = torch.zeros(3, 4)
        result = SMALL_WAYS[name](real)


def test_what_makes_tensors_of_none_follows_the_default_type(remembered):
    with new_ledger(remembered):
        assert on_device(2).dtype == torch.float32
        torch.set_default_dtype(torch.float64)
        try:
            assert on_device(2).dtype == torch.float64
        finally:
            torch.set_default_dtype(torch.float32)
        assert on_device(2).dtype == torch.float32


def test_equal_numbers_of_other_types_are_told_apart(remembered):
    with new_ledger(remembered):
        whole = on_device(2, dtype=torch.long)
        found = [(whole * factor).dtype for factor in (1, 1.0, True, 1.0, 1)]
    assert found == [torch.long, torch.float32, torch.long, torch.float32, torch.long]


def test_arguments_that_do_not_fit_are_refused_as_ever(remembered):
    with new_ledger(remembered):
        for _ in range(2):
            with pytest.raises(RuntimeError, match='broadcast'):
                on_device(2).add_(on_device(3))
            with pytest.raises(RuntimeError, match='reduction dim'):
                nn.functional.linear(on_device(2, 3), on_device(4, 5))

import pytest
import torch

from ukd_bench.measure.memory.fake.onednn import onednn_scratch
from ukd_bench.measure.memory.fake.scratch import (
    CONVOLUTION,
    CONVOLUTION_BACKWARD,
    bytes_of,
)
from ukd_bench.measure.memory.real.account import BEGIN, END, HostAccount

pytestmark = pytest.mark.skipif(
    'AVX512' not in torch.backends.cpu.get_cpu_capability(),
    reason='on other processors oneDNN pads to fewer channels',
)
LAST = torch.channels_last_3d
# Clips, weights, stride, padding, groups, and the order in memory of both.
CASES = {
    'blocks': ((16, 64, 4, 8, 8), (144, 64, 1, 3, 3), 1, (0, 1, 1), 1, None, None),
    'padded channels': ((16, 45, 4, 8, 8), (64, 45, 3, 1, 1), 1, (1, 0, 0), 1, None, None),
    'strided, deep': ((8, 1024, 2, 4, 4), (512, 1024, 1, 1, 1), (1, 2, 2), 0, 1, None, None),
    'strided': ((4, 128, 4, 8, 8), (256, 128, 1, 1, 1), (1, 2, 2), 0, 1, None, None),
    'picture': ((4, 3, 4, 32, 32), (64, 3, 1, 7, 7), (1, 2, 2), (0, 3, 3), 1, None, None),
    'own way': ((8, 256, 4, 4, 4), (128, 256, 3, 1, 1), 1, (1, 0, 0), 1, None, None),
    'own way, pointwise': ((8, 128, 4, 4, 4), (512, 128, 1, 1, 1), 1, 0, 1, None, None),
    'by channel': ((4, 64, 4, 12, 12), (64, 1, 3, 3, 3), 1, 1, 64, None, None),
    'in groups': ((4, 128, 4, 8, 8), (128, 4, 3, 3, 3), 1, 1, 32, None, None),
    'flat': ((32, 64, 16, 16), (64, 64, 3, 3), 1, 1, 1, None, None),
    'flat, by channel': ((32, 64, 16, 16), (64, 1, 3, 3), 1, 1, 64, None, None),
    'channels last': ((16, 64, 4, 8, 8), (64, 64, 3, 3, 3), 1, 1, 1, LAST, LAST),
    'weights alone last': ((16, 64, 4, 8, 8), (64, 64, 3, 3, 3), 1, 1, 1, None, LAST),
}


def measured(work):
    """The result, and the allocator's peak, in bytes."""
    with HostAccount() as account:
        account.mark(f'{BEGIN}it')
        result = work()
        account.mark(f'{END}it')
    return result, account.peaks()['it']


def several(value, dimensions):
    return [value] * dimensions if isinstance(value, int) else list(value)


@pytest.mark.parametrize('case', CASES.values(), ids=CASES)
def test_what_the_allocator_tells(case, one_thread):
    shape, kernel, stride, padding, groups, clip_order, weight_order = case
    clip, weight = torch.zeros(shape), torch.zeros(kernel)
    if clip_order is not None:
        clip = clip.contiguous(memory_format=clip_order)
    if weight_order is not None:
        weight = weight.contiguous(memory_format=weight_order)
    dimensions = len(shape) - 2
    stride, padding = several(stride, dimensions), several(padding, dimensions)
    ones, zeros = [1] * dimensions, [0] * dimensions
    options = (stride, padding, ones, False, zeros, groups)

    arguments = (clip, weight, None, *options)
    result, peak = measured(lambda: CONVOLUTION(*arguments))
    taken, bound = onednn_scratch(CONVOLUTION, arguments, result)
    # A page or two of scratch is neither here nor there.
    assert bytes_of(result) + taken == pytest.approx(peak, rel=0.005, abs=9000) and bound == 0

    # Nobody asks for the gradient of a video.
    wants_clip = shape[1] != 3
    arguments = (torch.zeros_like(result), clip, weight, None, *options, [wants_clip, True, False])
    gradients, peak = measured(lambda: CONVOLUTION_BACKWARD(*arguments))
    taken, _ = onednn_scratch(CONVOLUTION_BACKWARD, arguments, gradients)
    results = sum(map(bytes_of, gradients))
    assert results + taken == pytest.approx(peak, rel=0.005, abs=9000)


def test_other_operators_take_nothing():
    tensor = torch.zeros(3)
    assert onednn_scratch(torch.ops.aten.add.Tensor, (tensor, tensor), tensor) == (0, 0)

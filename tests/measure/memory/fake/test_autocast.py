"""Mixed precision on fake tensors, against the lists that torch has for CUDA."""

import re
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from ukd_bench.measure.memory.fake import autocast
from ukd_bench.measure.memory.fake.autocast import cuda_autocast, listed
from ukd_bench.measure.memory.fake.ledger import DEVICE
from ukd_bench.measure.memory.fake.ways import Ways
from ukd_bench.measure.memory.live_tensors import LiveTensorTracker

from .small import new_ledger, no_collection, on_device, peak_of

HALF, WHOLE = torch.float16, torch.float32
HEADER = Path(torch.__file__).parent / 'include' / 'ATen' / 'autocast_mode.h'
POLICIES = {
    'AT_FORALL_LOWER_PRECISION_FP': autocast.LOWER,
    'AT_FORALL_FP32': autocast.FLOAT32,
    'AT_FORALL_FP32_SET_OPT_DTYPE': autocast.INTO_FLOAT32,
    'AT_FORALL_PROMOTE': autocast.WIDEST,
}
# What no network on fake tensors calls: dimensions with names, and kernels that CUDA alone has.
ELSEWHERE = re.compile(r'.*[Dd]imname|_thnn_fused|_scaled_dot_product_flash')


@pytest.fixture
def mixed():
    """A ledger of a device that mixes precisions as CUDA does."""
    with warnings.catch_warnings():
        # Torch warns that kernels take the place of others.
        warnings.simplefilter('ignore')
        ways, half = Ways(DEVICE, cuda=True), torch.autocast('cpu', HALF)
        with new_ledger() as ledger, ways, cuda_autocast(), half:
            yield ledger


@pytest.mark.parametrize('macro', POLICIES)
def test_the_lists_are_those_of_the_torch_at_hand(macro):
    text = HEADER.read_text().replace('\\\n', ' ')
    (line,) = re.findall(rf'#define {macro}\(_\)(.*)', text)
    entries = re.findall(r'_\((\w+)(?:, (\w+))?\)', line)
    theirs = {'.'.join(filter(None, entry)) for entry in entries}
    assert {*POLICIES[macro]} <= theirs and len(theirs) > 10
    # The others are the CPU's too.
    missing = theirs - {*POLICIES[macro]} - listed('AutocastCPU')
    assert not [name for name in missing if not ELSEWHERE.match(name)]


def halves(*shape):
    return on_device(*shape, dtype=HALF)


IN_HALF = {
    'conv1d': lambda x: functional.conv1d(x[None], on_device(3, 4, 1)),
    'conv2d': lambda x: functional.conv2d(x[None, :, :, None], on_device(3, 4, 1, 1)),
    'conv3d': lambda x: functional.conv3d(x[None, ..., None, None], on_device(3, 4, 1, 1, 1)),
    'conv_transpose2d': lambda x: functional.conv_transpose2d(
        x[None, :, :, None], on_device(4, 3, 1, 1)
    ),
    'linear': lambda x: functional.linear(x, on_device(3, 4)),
    'matmul': lambda x: x @ on_device(4, 4),
    'bmm': lambda x: torch.bmm(x[None], x[None]),
    'addmm': lambda x: torch.addmm(x, x, on_device(4, 4)),
    'baddbmm': lambda x: torch.baddbmm(x[None], x[None], x[None]),
    'einsum': lambda x: torch.einsum('ij,kj->ik', x, on_device(3, 4)),
    'mv': lambda x: torch.mv(x, on_device(4)),
    'addr': lambda x: torch.addr(x, on_device(4), on_device(4)),
    'prelu': lambda x: functional.prelu(x, on_device(1)),
    'attention': lambda x: functional.scaled_dot_product_attention(*[x[None, None]] * 3),
}
IN_FLOAT32 = {
    'softmax': lambda x: x.softmax(-1),
    'functional_softmax': lambda x: functional.softmax(x, dim=1),
    'log_softmax': lambda x: x.log_softmax(-1),
    'layer_norm': lambda x: functional.layer_norm(x, (4,)),
    'group_norm': lambda x: functional.group_norm(x, 2),
    'sum': lambda x: x.sum(),
    'sum_of_rows': lambda x: x.sum(0),
    'prod': lambda x: x.prod(),
    'cumsum': lambda x: x.cumsum(0),
    'norm': lambda x: x.norm(),
    'norm_of_rows': lambda x: x.norm(dim=1, keepdim=True),
    'normalize': lambda x: functional.normalize(x).float(),
    'vector_norm': torch.linalg.vector_norm,
    'pow': lambda x: x**2,
    'exp': lambda x: x.exp(),
    'log': torch.log,
    'rsqrt': torch.rsqrt,
    'softplus': functional.softplus,
    'interpolate': lambda x: functional.interpolate(x[None, None], scale_factor=2),
    'cross_entropy': lambda x: functional.cross_entropy(x, x.argmax(1)),
    'smoothed_cross_entropy': lambda x: functional.cross_entropy(
        x, x.argmax(1), label_smoothing=0.1
    ),
    'kl_div': lambda x: functional.kl_div(x, x, reduction='batchmean'),
    'mse': lambda x: functional.mse_loss(x, x),
    'binary_cross_entropy': lambda x: functional.binary_cross_entropy_with_logits(x, x),
}
AS_IT_COMES = {
    # The CPU computes these in float32, and CUDA does not.
    'max_pool3d': lambda x: functional.max_pool3d(x.view(1, 1, 4, 4, 1), (2, 2, 1)),
    'avg_pool3d': lambda x: functional.avg_pool3d(x.view(1, 1, 4, 4, 1), (2, 2, 1)),
    'adaptive_avg_pool3d': lambda x: functional.adaptive_avg_pool3d(x.view(1, 1, 4, 4, 1), 1),
    'replication_pad': lambda x: functional.pad(x[None], (1, 1), mode='replicate'),
    'max_pool2d': lambda x: functional.max_pool2d(x[None], 2),
    'batch_norm': lambda x: functional.batch_norm(x, on_device(4), on_device(4), training=True),
    'gelu': functional.gelu,
    'sigmoid': torch.sigmoid,
    'mean': lambda x: x.mean(0),
    'cat': lambda x: torch.cat([x, x]),
    'dropout': lambda x: functional.dropout(x, 0.5),
}


@pytest.mark.parametrize('name', IN_HALF)
def test_products_are_in_half_precision(mixed, name):
    assert IN_HALF[name](on_device(4, 4)).dtype == HALF


@pytest.mark.parametrize('name', IN_FLOAT32)
def test_sums_and_losses_are_in_float32(mixed, name):
    assert IN_FLOAT32[name](halves(4, 4)).dtype == WHOLE


@pytest.mark.parametrize('name', AS_IT_COMES)
def test_all_else_is_in_the_type_that_it_gets(mixed, name):
    assert AS_IT_COMES[name](halves(4, 4)).dtype == HALF
    assert AS_IT_COMES[name](on_device(4, 4)).dtype == WHOLE


def test_mixed_types_widen(mixed):
    whole = on_device(4, 4)
    assert torch.addcmul(halves(4, 4), whole, halves(4, 4)).dtype == WHOLE
    assert torch.addcmul(halves(4, 4), halves(4, 4), halves(4, 4)).dtype == HALF
    assert torch.cat([halves(4, 4), whole]).dtype == WHOLE
    assert whole.scatter_add(0, whole.long(), halves(4, 4)).dtype == WHOLE


def test_softmax_writes_float32_without_a_copy_of_what_it_reads(mixed):
    scores = halves(8, 8).requires_grad_()
    before = len(mixed.trace.events)
    weights = scores.softmax(-1)
    assert [size for _, size in mixed.trace.events[before:]] == [256]
    weights.sum().backward()
    assert scores.grad.dtype == HALF
    # What has another range has no such kernel.
    before = len(mixed.trace.events)
    scores.bfloat16().softmax(-1)
    assert [size for _, size in mixed.trace.events[before:] if size] == [128, 256, 256]


def test_attention_of_modules_is_looked_into(mixed):
    attention = nn.MultiheadAttention(4, 2, dropout=0.5).to(DEVICE)
    result, weights = attention(*[on_device(6, 3, 4)] * 3)
    assert (result.dtype, weights.dtype) == (HALF, WHOLE)
    # The mask of dropout has a byte a number: 3 clips, 2 heads, 6 x 6 weights.
    assert 3 * 2 * 6 * 6 in [size for _, size in mixed.trace.events]


def test_the_cpu_mixes_as_ever_outside():
    x = torch.zeros(4, 4, dtype=torch.bfloat16)
    with torch.autocast('cpu', torch.bfloat16):
        kept = x.softmax(-1).dtype, functional.max_pool3d(x.view(1, 1, 4, 4, 1), 1).dtype
    assert kept == (torch.bfloat16, WHOLE)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        with pytest.raises(RuntimeError, match='broken off'), cuda_autocast():
            raise RuntimeError('broken off')
    with torch.autocast('cpu', torch.bfloat16):
        assert kept == (x.softmax(-1).dtype, functional.max_pool3d(x.view(1, 1, 4, 4, 1), 1).dtype)


def test_each_weight_is_cast_once_and_kept_for_the_forward(mixed):
    """Two layers of 64 x 64 weights, of which the first is used twice."""
    first, second = (nn.Linear(64, 64, bias=False).to(DEVICE) for _ in range(2))
    clip = on_device(2, 64)
    before = len(mixed.trace.events)
    with torch.autocast('cpu', HALF):
        score = second(first(first(clip)))
    sizes = [size for _, size in mixed.trace.events[before:] if size]
    # The clip, each weight once, and three results, of two bytes a number.
    assert sorted(sizes) == sorted([256, 8192, 8192, 256, 256, 256])
    frees = [block for block, size in mixed.trace.events[before:] if not size]
    assert not frees
    score.float().sum().backward()
    assert (first.weight.grad.dtype, second.weight.grad.dtype) == (WHOLE, WHOLE)


def train_mixed(device, dtype):
    network = nn.Sequential(
        *(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 8)),
    ).to(device)
    optimizer = torch.optim.SGD(network.parameters(), 0.1, foreach=True)
    for _ in range(2):
        with torch.autocast('cpu', dtype):
            loss = network(torch.zeros(16, 32).to(device)).sigmoid().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def test_a_training_in_bfloat16_takes_what_it_takes_on_the_cpu():
    """The lists of the CPU and of CUDA agree on what this network does."""
    tracker = LiveTensorTracker()
    with no_collection(), tracker:
        before = tracker.live_bytes
        train_mixed('cpu', torch.bfloat16)
    ledger = new_ledger()
    with warnings.catch_warnings(), no_collection():
        warnings.simplefilter('ignore')
        with ledger, cuda_autocast():
            train_mixed(DEVICE, torch.bfloat16)
    assert peak_of(ledger.trace.events) == tracker.peak_bytes - before

"""The stage without a device: what it replaces, what it leaves, and what a cell leaves of it."""

import functools
import gc
import threading

import mmengine.optim.optimizer.amp_optimizer_wrapper as mmengine_amp
import mmengine.runner.runner as mmengine_runner
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.model import BaseDataPreprocessor, BaseModel
from torch import nn
from torch.nn.modules import module as torch_module
from torch.optim import optimizer as torch_optimizer

from ukd_bench.distill import MutualHook, NaiveEnsembleHook, SwapHook
from ukd_bench.enhance.by_frame import FrameEnhancement
from ukd_bench.knowledge import teacher
from ukd_bench.measure.memory.fake.ledger import DEVICE
from ukd_bench.measure.memory.fake.mould import Mould
from ukd_bench.measure.memory.fake.networks import built
from ukd_bench.measure.memory.fake.stage import FakeStage

LARGE = 2**15


@functools.lru_cache
def zeros_on(device):
    return torch.zeros(LARGE // 8, device=device)


@MODELS.register_module()
class Tied(BaseModel):
    """Two layers with one weight, whole numbers computed in place, and a large empty weight."""

    def __init__(
        self, computed: bool = False, locked: bool = False, remembers: bool = False
    ) -> None:
        super().__init__(BaseDataPreprocessor())
        self.first, self.second = nn.Linear(LARGE // 8, 8), nn.Linear(LARGE // 8, 8)
        self.second.weight = self.first.weight
        places = torch.arange(LARGE)
        places += 1
        places *= 2
        self.register_buffer('places', places)
        self.register_buffer('row', torch.zeros(LARGE).unsqueeze_(0))
        if computed:
            self.scaled = self.first.weight * 2
        if locked:
            self.lock = threading.Lock()
        self.remembers = remembers

    def forward(self, inputs, data_samples=None, mode='tensor'):
        if self.remembers:
            inputs = inputs + zeros_on(inputs.device)
        return self.first(inputs) + self.second(inputs)


@pytest.fixture(scope='module', params=['cuda', 'cpu'])
def stage(request):
    return FakeStage(request.param)


PLACES = [
    *((teacher, '_build'), (teacher, 'load_weights'), (teacher, 'state_sha256')),
    *((MutualHook, '_build_peer'), (NaiveEnsembleHook, 'scores'), (SwapHook, 'home')),
    *((teacher.Teacher, 'score_with_graph'), (FrameEnhancement, 'forward')),
    *((mmengine_runner, 'get_device'), (mmengine_runner, 'collect_env'), (nn.Module, 'to')),
    *((mmengine_amp, 'is_cuda_available'), (mmengine_amp, 'GradScaler')),
    *((torch.cuda, 'is_bf16_supported'), (torch.autocast, '__init__')),
]


def state():
    hooks = (
        torch_module._global_forward_hooks, torch_module._global_forward_pre_hooks,
        torch_optimizer._global_optimizer_pre_hooks, torch_optimizer._global_optimizer_post_hooks,
    )  # fmt: skip
    modes = torch._C._len_torch_dispatch_stack(), torch._C._len_torch_function_stack()
    return [vars(owner)[name] for owner, name in PLACES], [*map(len, hooks)], modes


def test_all_is_as_before_where_a_cell_fails(stage):
    # Python may freeze objects itself, before it begins.
    before, frozen = state(), gc.get_freeze_count()
    with pytest.raises(RuntimeError, match='broken off'), stage.open():
        changed = state()
        stage.begin('train')
        with torch.autocast('cuda'):
            raise RuntimeError('broken off')
    assert changed[1:3] != before[1:3]
    assert state() == before and gc.get_freeze_count() <= frozen
    with torch.autocast('cpu', torch.bfloat16):
        assert torch.zeros(2, 2).softmax(-1).dtype == torch.float32
        assert torch.zeros(2, 2).bfloat16().softmax(-1).dtype == torch.bfloat16


def test_a_gpu_that_is_there_is_not_seen(stage, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 1)
    with stage.open():
        assert (torch.cuda.is_available(), torch.cuda.device_count()) == (False, 0)
    assert (torch.cuda.is_available(), torch.cuda.device_count()) == (True, 1)


def test_a_phase_that_was_broken_off_is_not_the_next_cells(stage):
    with pytest.raises(RuntimeError), stage.open():
        torch.zeros(100, device=DEVICE)
        stage.begin('train')
        raise RuntimeError
    with stage.open():
        kept = torch.zeros(25, device=DEVICE)
        stage.begin('eval')
        stage.end()
    assert [*stage.phases] == ['eval']
    assert stage.phases['eval'].peak[1] == 100 == kept.numel() * 4


def test_modules_that_share_a_weight_share_it_on_the_device(stage):
    with stage.open():
        network = stage.build(dict(type='Tied')).to(DEVICE)
        stage.begin('train', network)
        stage.end()
        assert network.first.weight is network.second.weight
        assert network.first.weight.device == DEVICE
    # The weight once, two biases, 8 bytes a place, and the row.
    assert stage.phases['train'].breakdown()['weights'] == 4 * LARGE + 64 + 8 * LARGE + 4 * LARGE


def test_what_a_networks_functions_remember_is_gone_after_it(stage):
    network = dict(type='Tied', remembers=True)
    for _ in range(2):
        with stage.open():
            built_here = stage.build(network).to(DEVICE)
            before = len(stage._ledger.trace.events)
            built_here(torch.empty(1, LARGE // 8, device=DEVICE))
            sizes = [size for _, size in stage._ledger.trace.events[before:]]
            del built_here
            stage._repeats['seen while it was there'] = None
        assert not stage._repeats
        assert sizes.count(LARGE // 2) == 3
        assert zeros_on.cache_info().currsize == 0


def test_networks_of_one_config_are_apart(stage):
    with stage.open():
        one, other = stage.build(dict(type='Tied')), stage.build(dict(type='Tied'))
        assert one.first.weight is not other.first.weight
        assert one.first.weight is one.second.weight
        one.first.bias.data.fill_(7)
        assert not (other.first.bias == 7).any()


def test_what_needs_no_numbers_is_left_empty_and_the_rest_is_not():
    network = built(dict(type='Tied'))
    assert torch.equal(network.places, (torch.arange(LARGE) + 1) * 2)
    assert network.row.shape == (1, LARGE)
    copied = Mould(network).copy()
    assert copied.first.weight is copied.second.weight
    assert copied.first.weight.data_ptr() != network.first.weight.data_ptr()
    assert torch.equal(copied.first.bias, network.first.bias)


@pytest.mark.parametrize('option', ['computed', 'locked'])
def test_networks_that_cannot_be_copied_are_built_again(stage, option):
    model = dict(type='Tied', **{option: True})
    assert Mould(built(model)).copy() is None
    with stage.open():
        one, other = stage.build(model), stage.build(model)
    assert one.first.weight is not other.first.weight
    assert one.first.weight is one.second.weight


@pytest.mark.parametrize('kind', ['torch', 'torch.cuda.amp', 'mmengine'])
def test_code_that_asks_for_cudas_mixed_precision_gets_it(kind):
    from mmengine.runner import autocast

    def context():
        if kind == 'mmengine':
            return autocast()
        return torch.autocast('cuda') if kind == 'torch' else torch.cuda.amp.autocast()

    stage = FakeStage('cuda')
    with stage.open(), context():
        product = torch.zeros(2, 2, device=DEVICE) @ torch.zeros(2, 2, device=DEVICE)
        weights = product.softmax(-1)
        with torch.autocast('cuda', enabled=False):
            whole = torch.zeros(2, 2, device=DEVICE) @ torch.zeros(2, 2, device=DEVICE)
    assert (product.dtype, weights.dtype) == (torch.float16, torch.float32)
    assert whole.dtype == torch.float32


def test_dropout_on_cuda_keeps_a_byte_a_number():
    def sizes(kind):
        stage = FakeStage(kind)
        with stage.open():
            stage.begin('train')
            values = torch.zeros(1000, device=DEVICE, requires_grad=True)
            dropped = nn.functional.dropout(values, 0.5)
            stage.end()
            assert len(dropped) == 1000
        return [size for _, size in stage.phases['train'].events if size]

    # The CPU keeps what it drew as numbers, divided by the chance that they stay.
    assert sizes('cuda') == [4000, 4000, 1000]
    assert sizes('cpu')[0] == 4000 and 1000 not in sizes('cpu')


def test_optimizers_on_cuda_update_all_weights_at_once():
    def peak(kind):
        stage = FakeStage(kind)
        with stage.open():
            weights = [torch.zeros(256, device=DEVICE, requires_grad=True) for _ in range(10)]
            optimizer = torch.optim.SGD(weights, 0.1, momentum=0.9, weight_decay=0.1)
            for _ in range(2):
                sum(weight.sum() for weight in weights).backward()
                stage.begin('step')
                optimizer.step()
                stage.end()
        return stage.phases['step'].breakdown()

    # With decay each weight needs a gradient of its own: one at a time, or all.
    assert (peak('cpu')['temporaries'], peak('cuda')['temporaries']) == (1024, 10240)
    assert peak('cuda')['gradients'] == peak('cuda')['optimizer'] == 10240

"""What a device without memory allocates, and what it refuses."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ukd_bench.errors import ConfigError
from ukd_bench.measure.memory.fake.ledger import DEVICE
from ukd_bench.measure.memory.fake.trace import INPUTS, TEACHERS, WEIGHTS
from ukd_bench.measure.memory.fake.ways import Ways

from .small import events_of, new_ledger, on_device


@pytest.fixture
def ledger():
    ledger = new_ledger()
    with ledger, Ways(DEVICE, cuda=True):
        yield ledger


def sizes(ledger):
    """Bytes of all that was allocated, in order."""
    return [size for _, size in ledger.trace.events if size]


def live(ledger):
    freed = {block for block, size in ledger.trace.events if not size}
    return sum(size for block, size in ledger.trace.events if block not in freed)


def test_views_share_one_block_until_the_last_is_gone(ledger):
    whole = on_device(4, 4)
    views = [whole.view(16), whole[1:], whole.t().detach(), whole.expand(2, 4, 4)]
    assert ledger.trace.events == [(0, 64)]
    del whole
    views.pop()
    assert live(ledger) == 64
    del views
    assert ledger.trace.events == [(0, 64), (0, 0)]


def test_a_storage_that_grows_is_there_twice_while_it_is_copied(ledger):
    grows = on_device(2)
    grows.resize_(4)
    grows.resize_(1)
    assert ledger.trace.events == [(0, 8), (1, 16), (0, 0)]
    del grows
    assert ledger.trace.events[3:] == [(1, 0)]


def test_tensors_without_numbers_take_nothing(ledger):
    kept = [on_device(0), on_device(3, 0)]
    assert not ledger.trace.events
    kept[0].resize_(5)
    assert ledger.trace.events == [(0, 20)]


HOST = {
    'dense': torch.zeros(3, 4).t(),
    'expanded': torch.zeros(1, 4).expand(3, 4),
    'cut_out': torch.zeros(10, 4)[::2, 1],
    'channels_last': torch.zeros(2, 3, 4, 4).to(memory_format=torch.channels_last),
}


@pytest.mark.parametrize('name', HOST)
def test_what_is_moved_is_laid_out_as_a_copy(ledger, name):
    moved = HOST[name].to(DEVICE)
    assert moved.stride() == HOST[name].clone().stride()
    assert sizes(ledger) == [HOST[name].numel() * 4]


def test_inputs_are_where_numpy_put_them_unless_they_are_counted():
    ledger = new_ledger(counts_inputs=False)
    with ledger:
        with ledger.scope(INPUTS):
            clip = torch.zeros(100).to(DEVICE)
            doubled = clip * 2
        assert sizes(ledger) == [400]
        other = torch.zeros(50).to(DEVICE)
    assert sizes(ledger) == [400, 200]
    assert [*ledger.trace.kinds.values()] == [INPUTS, INPUTS]
    assert len(doubled) + len(other) == 150


def test_names_follow_the_outermost_scope(ledger):
    module = nn.Linear(3, 2).to(DEVICE)
    with ledger.scope(TEACHERS), ledger.scope(INPUTS):
        made = on_device(5)
    assert [ledger.trace.kinds[number] for number in range(3)] == [WEIGHTS, WEIGHTS, TEACHERS]
    ledger.name_all(INPUTS)
    assert {*ledger.trace.kinds.values()} == {INPUTS}
    ledger.name_module(module, WEIGHTS)
    assert [ledger.trace.kinds[number] for number in range(3)] == [WEIGHTS, WEIGHTS, INPUTS]
    assert len(made) == 5


def test_values_that_nobody_knows_are_made_up(ledger):
    number = on_device(2, 2) + 1
    assert number.sum().item() == float(number[0, 0]) == 0.0
    assert number.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert number.cpu().numpy().tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert np.mean(number.to('cpu', torch.float64).numpy()) == 0.0
    # Scores are counted on the host by labels that have been there.
    assert number.long().cpu().numpy().dtype == np.int64


def test_what_comes_to_the_host_takes_none_of_the_device(ledger):
    number = on_device(2, 2)
    host = [
        number.cpu(), torch.zeros_like(number, device='cpu'), number.new_zeros(3, device='cpu'),
        torch.zeros(2, 2).copy_(number), torch.ones(3),
    ]  # fmt: skip
    assert [type(tensor) for tensor in host] == [torch.Tensor] * 5
    assert sizes(ledger) == [16]


def test_finite_numbers_are_taken_for_granted(ledger):
    loss = on_device(3).sum()
    assert torch.isfinite(loss) and not torch.isnan(loss) and not loss.isinf()


DECISIONS = {
    'truth': lambda x: bool((x > 0).any()),
    'whole_number': lambda x: x.argmax().item(),
    'truths_on_the_host': lambda x: (x > 0).cpu().any(),
    'length_of_a_list': lambda x: x.long().tolist(),
    'classes_by_their_largest': lambda x: functional.one_hot(x.long()),
}
SHAPES = {
    'masked': lambda x: x[x > 0],
    'nonzero': lambda x: x.nonzero(),
    'unique': lambda x: x.unique(),
    'repeated': lambda x: x.repeat_interleave(x.long()),
    'equal': lambda x: torch.equal(x, x + 1),
}
MIXED = {
    'sum': lambda x: x + torch.ones(3),
    'in_place': lambda x: x.add_(torch.ones(3)),
    'in_a_list': lambda x: torch.stack([x, torch.ones(3)]),
    'module': lambda x: nn.Linear(3, 2)(x),
}


@pytest.mark.parametrize('name', DECISIONS)
def test_decisions_by_values_are_refused(ledger, name):
    with pytest.raises(
        ConfigError, match=r'depends on the value of a tensor of torch\.\w+, called'
    ):
        DECISIONS[name](on_device(3))


@pytest.mark.parametrize('name', SHAPES)
def test_shapes_that_depend_on_values_are_refused(ledger, name):
    with pytest.raises(ConfigError, match=r'aten\.\w+.*depends on the values of tensors') as caught:
        SHAPES[name](on_device(3))
    told = str(caught.value)
    assert 'called at test_ledger.py:' in told and f"'{name}'" in told
    assert len(told.splitlines()) == 1 and len(told) < 300


@pytest.mark.parametrize('name', MIXED)
def test_host_and_device_do_not_mix(ledger, name):
    for _ in range(2):
        with pytest.raises(ConfigError, match='of the device and of the host, which a GPU refuses'):
            MIXED[name](on_device(3))


def test_what_a_gpu_takes_from_the_host_is_taken(ledger):
    numbers = on_device(3, 3)
    numbers[torch.tensor([0, 2])] = torch.tensor(2.0)
    numbers[numbers > 0] = 1.0
    assert (numbers * torch.tensor(2.0))[[0, 1]].shape == (2, 3)
    assert numbers[:, torch.tensor([0, 2])].shape == (3, 2)


def test_sparse_gradients_are_refused(ledger):
    weight = on_device(5, 3).requires_grad_()
    places = torch.zeros(2, dtype=torch.long).to(DEVICE)
    with pytest.raises(ConfigError, match=r'a tensor of torch\.sparse_coo'):
        functional.embedding(places, weight, sparse=True).sum().backward()


MADE_OF_NUMBERS = {
    'tensor': lambda x: torch.tensor([1.0, 2.0, 3.0], device=x.device),
    'as_tensor': lambda x: torch.as_tensor([1.0, 2.0, 3.0], device=x.device),
    'new_tensor': lambda x: x.new_tensor([1.0, 2.0, 3.0]),
    'of_fake_numbers': lambda x: torch.tensor([*x]).to(x.device),
    'moved_by_name': lambda x: torch.ones(3).to('cuda'),
    'made_by_name': lambda x: torch.ones(3, device='cuda:0'),
    'moved': lambda x: torch.ones(3).cuda(),
    'drawn': lambda x: torch.randperm(3, device=x.device).float(),
}


@pytest.mark.parametrize('name', MADE_OF_NUMBERS)
def test_new_tensors_are_where_they_were_asked_for(ledger, name):
    result = MADE_OF_NUMBERS[name](on_device(3))
    assert result.device == DEVICE and result.is_cuda and not torch.ones(3).is_cuda
    # They take part in what tensors of the device do.
    assert (result + on_device(3)).shape == (3,)
    assert 12 in sizes(ledger)[1:]


def test_copies_of_networks_are_counted(ledger):
    module = nn.Linear(4, 3).to(DEVICE)
    copied = copy.deepcopy(module)
    assert sizes(ledger) == [48, 12, 48, 12]
    assert copied.weight.device == DEVICE and isinstance(copied.weight, nn.Parameter)


def test_ledgers_do_not_see_each_other():
    first = events_of(lambda: on_device(7))
    assert first == [(0, 28), (0, 0)] == events_of(lambda: on_device(7))

"""What methods take on CUDA, by the sizes of networks: a small student, teachers of two kinds."""

import math
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from ukd_bench.distill import UKDHook
from ukd_bench.files.checkpoints import state_bytes
from ukd_bench.files.configs import configs_root, read_config
from ukd_bench.knowledge.teacher import MICRO_BATCH
from ukd_bench.measure.memory.fake.networks import built
from ukd_bench.measure.memory.fake.stage import FakeStage
from ukd_bench.measure.memory.predict import peaks_on
from ukd_bench.measure.memory.rehearsal.cells import rehearse_cell
from ukd_bench.measure.memory.rehearsal.subject import Cell, Subject

STUDENT = 'slowonly-r18-w8'
TEMPLATE = '{method}/{student}_darkroom-quick.py'
# As many clips as teachers score at once, so that the student's step is not hidden behind them.
BATCH = MICRO_BATCH


class Rehearsals:
    """Peaks of cells of one subject, each rehearsed once."""

    def __init__(self, folder: Path) -> None:
        pool = [
            str(configs_root() / 'teachers' / f'{name}_darkroom-quick.py')
            for name in ('slowonly-gamma2.5', 'i3d-gamma1.8')
        ]
        self.subject = Subject(STUDENT, TEMPLATE, tuple(pool), BATCH, 'cuda')
        self.folder, self.stage = folder, FakeStage('cuda')
        self.known = {}
        for kind in range(2):
            self(Cell('bank', kind=kind))

    def __call__(self, cell: Cell):
        if cell not in self.known:
            rehearse_cell(self.subject, cell, self.folder, self.stage)
            self.known[cell] = peaks_on(self.stage, 'cuda')
        return self.known[cell]

    def train(self, method: str, num_teachers: int = 0):
        return self(Cell(method, num_teachers))['train']

    def teacher(self, number: int):
        """The network of a teacher of the pool."""
        return built(read_config(Path(self.subject.pool[number % 2])).model)


@pytest.fixture(scope='module')
def rehearsals(tmp_path_factory):
    return Rehearsals(tmp_path_factory.mktemp('rehearsals'))


def rounded(tensors):
    """Bytes of blocks of tensors, as CUDA's allocator hands them out."""
    return sum(math.ceil(tensor.numel() * tensor.element_size() / 512) * 512 for tensor in tensors)


def weights(network):
    return [*network.parameters(), *network.buffers()]


@pytest.mark.parametrize('num_teachers', [1, pytest.param(4, marks=pytest.mark.exhaustive), 16])
def test_ukd_takes_what_a_student_alone_does(rehearsals, num_teachers):
    plain, ukd = rehearsals.train('plain'), rehearsals.train('ukd', num_teachers)
    assert plain.allocated_peak_bytes <= ukd.allocated_peak_bytes
    assert ukd.allocated_peak_bytes <= 1.001 * plain.allocated_peak_bytes
    assert ukd.reserved_peak_bytes <= 1.001 * plain.reserved_peak_bytes
    assert ukd.breakdown['teachers'] == 0
    assert ukd.breakdown['weights'] == plain.breakdown['weights']


def test_naive_adds_the_bytes_of_each_teacher(rehearsals):
    two, three = (rehearsals.train('naive', k) for k in (2, 3))
    added = three.allocated_peak_bytes - two.allocated_peak_bytes
    own = rounded(weights(rehearsals.teacher(2)))
    # Each hands over one more row of scores, in blocks of its own.
    assert own <= added <= own + 3 * 16 * 512
    kept = sum(state_bytes(rehearsals.teacher(k)) for k in range(3))
    assert three.breakdown['teachers'] >= kept
    assert three.breakdown['weights'] == rehearsals.train('plain').breakdown['weights']


def test_kept_graphs_add_activations_of_each_teacher(rehearsals):
    two, four = (rehearsals.train('naive_graph', k).breakdown for k in (2, 4))
    added = four['teachers'] - two['teachers']
    student = rehearsals.train('plain').breakdown
    # A teacher of the student's kind and one of another score as many clips with a graph.
    assert added > 2 * (student['activations'] + student['weights'])
    assert added < 2.5 * (student['activations'] + student['weights'] + student['inputs'])
    assert four['gradients'] == two['gradients'] == student['gradients']


def test_swapped_teachers_are_there_one_at_a_time(rehearsals):
    one, three, naive = (
        rehearsals.train(method, k).breakdown['teachers']
        for method, k in (('swap', 1), ('swap', 3), ('naive', 3))
    )
    sizes = [state_bytes(rehearsals.teacher(number)) for number in range(2)]
    # The larger of two kinds, and what they hand over.
    assert three - one < max(sizes) - min(sizes) + 16_000
    assert naive - three > 1.9 * min(sizes)


def test_networks_that_learn_together_are_all_trained(rehearsals):
    two, three = (rehearsals.train('mutual', k) for k in (2, 3))
    plain = rehearsals.train('plain').breakdown
    own = plain['weights'] + plain['optimizer'] + plain['activations'] + plain['inputs']
    exact = [one.allocated_peak_bytes - one.breakdown['rounding'] for one in (two, three)]
    added = exact[1] - exact[0]
    # Gradients of the one that is updated may be there at the peak, and may not.
    assert 0.98 * own < added < 1.02 * (own + plain['weights'])
    assert three.breakdown['optimizer'] == 3 * plain['optimizer']
    assert three.breakdown['teachers'] == 2 * plain['weights']


def test_two_streams_keep_twice_as_much(rehearsals):
    one = rehearsals.train('plain').breakdown
    two = rehearsals.train('two_stream_dark_light').breakdown
    # The first convolution alone sees both streams.
    assert 2 * one['inputs'] == pytest.approx(two['inputs'], rel=0.001)


def test_a_bank_takes_its_teacher_and_nothing_that_is_trained(rehearsals):
    found = rehearsals(Cell('bank'))['fill']
    assert found.breakdown['gradients'] == found.breakdown['optimizer'] == 0
    assert sum(found.breakdown.values()) == found.allocated_peak_bytes
    teacher = rehearsals(Cell('teacher'))
    assert found.allocated_peak_bytes < teacher['train'].allocated_peak_bytes


@HOOKS.register_module()
class Hoarder(Hook):
    """Keeps the features of the last batch."""

    def before_train(self, runner):
        module = runner.model.backbone.layer2
        module.register_forward_hook(lambda *values: setattr(self, 'kept', values[2].clone()))


def test_features_that_a_hook_keeps_are_seen(rehearsals, tmp_path):
    config = rehearsals.subject.config(Cell('plain'), [])
    assert len(config.custom_hooks) == 2
    leaking = rehearsals.train('plain')
    path = tmp_path / 'leaking.py'
    config.custom_hooks.append(dict(type='Hoarder'))
    config.dump(path)
    subject = Subject('leaking', str(path), (), BATCH, 'cuda')
    rehearse_cell(subject, Cell('plain'), rehearsals.folder, rehearsals.stage)
    found = peaks_on(rehearsals.stage, 'cuda')
    grown = found['train'].allocated_peak_bytes - leaking.allocated_peak_bytes
    assert grown > 0 and grown % 512 == 0
    assert found['train'].breakdown['activations'] - leaking.breakdown['activations'] == grown


def test_a_teacher_beside_ukd_is_seen(rehearsals, monkeypatch):
    from ukd_bench.knowledge.teacher import Teacher

    opened = UKDHook.open_source

    def open_source(hook, runner):
        opened(hook, runner)
        hook.kept = Teacher.of(hook.teachers[0], torch.device('cpu', 0))

    monkeypatch.setattr(UKDHook, 'open_source', open_source)
    rehearse_cell(rehearsals.subject, Cell('ukd', 1), rehearsals.folder, rehearsals.stage)
    found = peaks_on(rehearsals.stage, 'cuda')['train']
    assert found.breakdown['teachers'] == state_bytes(rehearsals.teacher(0))
    alone = rehearsals.train('ukd', 1).allocated_peak_bytes
    assert found.allocated_peak_bytes - alone == rounded(weights(rehearsals.teacher(0)))

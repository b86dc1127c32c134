"""Step times: what takes turns really trains, and what is printed comes from the blocks."""

import json

import pytest
from mmengine.hooks import Hook

from ukd_bench.cli.measure.steps import table
from ukd_bench.distill import (
    ChainHook,
    MutualHook,
    NaiveEnsembleHook,
    NaiveGraphHook,
    RandomTeacherHook,
    ReplayHook,
    ShuffledHook,
    SwapHook,
    UKDHook,
)
from ukd_bench.errors import ConfigError
from ukd_bench.files.checkpoints import state_sha256
from ukd_bench.measure.__main__ import main
from ukd_bench.measure.speed.blocks import ratio_interval
from ukd_bench.measure.speed.method_steps import METHODS, Variant, Workshop, variants
from ukd_bench.measure.speed.step_times import StepFigures, measure_steps

pytestmark = pytest.mark.slow

KINDS = {
    'plain': ReplayHook,
    'label_smoothing': ReplayHook,
    'wide': ReplayHook,
    'shuffled': ShuffledHook,
    'ukd': UKDHook,
    'naive': NaiveEnsembleHook,
    'naive_graph': NaiveGraphHook,
    'swap': SwapHook,
    'random': RandomTeacherHook,
    'chain': ChainHook,
    'mutual': MutualHook,
    'two_stream_dark_light': ReplayHook,
}


class Losses(Hook):
    def __init__(self):
        self.values = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.values.append(float(outputs['loss']))


@pytest.fixture(scope='module')
def workshop(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp('steps'), 'slowonly-r18-w8', 2, 'cpu')


def trained(workshop, variant, steps=3):
    """Losses of the steps, and the state before and after them."""
    training, losses = workshop.train(variant), Losses()
    training.runner.register_hook(losses)
    before = state_sha256(training.runner.model)
    for _ in range(steps):
        training.step(training.draw())
    assert training.runner.iter == steps
    return losses.values, before, state_sha256(training.runner.model)


def test_variants_of_a_method_without_k_come_once():
    assert variants(['ukd', 'plain', 'mutual'], [4, 1, 4]) == [
        Variant('plain', 0),
        Variant('ukd', 1),
        Variant('ukd', 4),
        Variant('mutual', 4),
    ]
    with pytest.raises(ConfigError, match="method 'mutual' takes K = 2 or more"):
        variants(['mutual'], [1])
    with pytest.raises(ConfigError, match="method 'magic' is none of plain, "):
        variants(['magic'], [1])


@pytest.mark.parametrize('method', METHODS)
def test_a_training_has_the_hook_of_its_method(workshop, method):
    (variant,) = variants([method], [2])
    training = workshop.train(variant)
    (hook,) = (hook for hook in training.runner.hooks if isinstance(hook, ReplayHook))
    assert type(hook) is KINDS[method]
    assert len(training.batches) == 2
    assert all(len(batch['inputs']) == 2 for batch in training.batches)


def test_steps_train_and_do_not_depend_on_where_knowledge_comes_from(workshop):
    plain = trained(workshop, Variant('plain', 0))
    assert plain[1] != plain[2]
    assert trained(workshop, Variant('plain', 0)) == plain
    ukd = trained(workshop, Variant('ukd', 2))
    assert ukd[1] == plain[1]
    assert ukd[0] != plain[0] and ukd[2] != plain[2]
    assert trained(workshop, Variant('ukd', 1))[2] != ukd[2]
    for method in ('naive', 'naive_graph', 'swap'):
        assert trained(workshop, Variant(method, 2)) == ukd


def test_steps_leave_the_batches_as_they_are(workshop):
    training = workshop.train(Variant('ukd', 1))
    for _ in range(3):
        training.step(training.draw())
    assert not any('knowledge' in s for b in training.batches for s in b['data_samples'])
    addresses = [[s.sample_idx for s in training.draw()['data_samples']] for _ in range(4)]
    assert addresses[:2] == addresses[2:]
    other = workshop.train(Variant('plain', 0))
    assert sorted(addresses[:2]) == sorted(
        [s.sample_idx for s in other.draw()['data_samples']] for _ in range(2)
    )


def test_a_turn_takes_as_many_steps_of_the_reference(workshop, monkeypatch):
    steps = []
    original = measure_steps.__globals__['Training'].step

    def step(training, batch):
        steps.append(training.runner.experiment_name)
        original(training, batch)

    monkeypatch.setattr('ukd_bench.measure.speed.step_times.Training.step', step)
    chosen = [Variant('plain', 0), Variant('ukd', 1)]
    done = []
    figures = measure_steps(
        workshop, chosen, blocks=2, turn_s=0.0, progress=lambda *n: done.append(n)
    )
    assert done == [(1, 2), (2, 2)]
    assert [each.variant for each in figures] == chosen
    reference, plain, ukd = dict.fromkeys(steps)
    warm_up = 2 * 3 * 2
    # Two steps of each a turn; who goes first alternates; the second block begins with the other.
    turns = [
        *(reference, plain, plain, reference),
        *(reference, ukd, ukd, reference),
        *(ukd, reference, reference, ukd),
        *(plain, reference, reference, plain),
    ]
    assert steps[warm_up:] == turns
    for each in figures:
        assert each.steps == 2
        assert each.ratio() == ratio_interval(each.wall_s, each.plain_wall_s)
        assert each.cpu_ratio() == ratio_interval(each.cpu_s, each.plain_cpu_s)
        lists = (each.wall_s, each.cpu_s, each.plain_wall_s, each.plain_cpu_s)
        assert all(len(values) == 2 and min(values) > 0 for values in lists)
    with pytest.raises(ConfigError, match='blocks is 1'):
        measure_steps(workshop, chosen, blocks=1, turn_s=0.0)


def test_a_longer_turn_has_more_steps(workshop):
    (each,) = measure_steps(workshop, [Variant('plain', 0)], blocks=2, turn_s=0.6)
    assert each.steps > 2
    assert each.plain_step_s == pytest.approx(sum(each.plain_wall_s) / 2 / each.steps)


def test_the_table_by_hand():
    def figures(method, k, *seconds):
        return StepFigures(Variant(method, k), 2, list(seconds), [], [1.0, 1.0], [])

    shown = table(
        [
            figures('plain', 0, 1, 1),
            figures('ukd', 1, 2, 2),
            figures('ukd', 2, 3, 3),
            figures('mutual', 2, 1, 4),
        ],
        StepFigures.ratio,
    )
    low, high = ratio_interval([1, 4], [1, 1])[1:]
    assert [line.split() for line in shown.splitlines()] == [
        ['no', 'K'],
        ['plain', '1.000'],
        ['1.000-1.000'],
        ['K', '=', '1', 'K', '=', '2'],
        ['ukd', '2.000', '3.000'],
        ['2.000-2.000', '3.000-3.000'],
        ['mutual', '-', '2.000'],
        [f'{low:.3f}-{high:.3f}'],
    ]


def test_the_command_prints_every_row_and_writes_the_figures(tmp_path, capsys):
    out = tmp_path / 'figures.json'
    command = ['steps', '--methods', 'ukd,plain', '--teachers', '1', '--batch-size', '2']
    assert main([*command, '--blocks', '2', '--turn-s', '0', '--json', str(out)]) == 0
    printed = capsys.readouterr().out
    assert 'i3d-r18-w8, batches of 2' in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert sum(line.startswith(('plain  ', 'ukd  ')) for line in printed.splitlines()) == 4
    content = json.loads(out.read_text())
    assert content['kind'] == 'steps'
    assert [(cell['method'], cell['num_teachers']) for cell in content['cells']] == [
        ('plain', 0),
        ('ukd', 1),
    ]
    for cell in content['cells']:
        wanted = ratio_interval(cell['wall_s'], cell['plain_wall_s'])
        assert cell['ratio'] == pytest.approx(wanted)
        assert f'{wanted[0]:.3f}' in printed


@pytest.mark.parametrize(
    ('options', 'text'),
    [
        (['--methods', 'magic'], "method 'magic' is none of plain"),
        (['--student', 'big'], "student 'big' is none of i3d-r18-w8, slowonly-r18-w8"),
        (['--teachers', '0,1'], "'0,1' is not a list like 1,2,4"),
        (['--turn-s', '-1'], "'-1' is not a number of seconds"),
    ],
)
def test_mistakes_get_one_line(capsys, options, text):
    try:
        status = main(['steps', *options])
    except SystemExit as stopped:
        status = stopped.code
    assert status == 2
    message = capsys.readouterr().err
    assert text in message and message.count('\n') == 1

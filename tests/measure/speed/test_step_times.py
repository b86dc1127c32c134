"""Step times: what takes turns really trains, and what is printed comes from the blocks."""

import gc
import json
import weakref

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook

from ukd_bench.cli.measure.steps_text import speed_table, table
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
from ukd_bench.files.configs import configs_root
from ukd_bench.measure.__main__ import main
from ukd_bench.measure.speed.blocks import ratio_interval
from ukd_bench.measure.speed.method_steps import METHODS, Training, Variant, Workshop, variants
from ukd_bench.measure.speed.networks import Networks, quick_networks
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
    networks = quick_networks('slowonly-r18-w8')
    return Workshop(tmp_path_factory.mktemp('steps'), networks, 2, 'cpu')


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
    # The reference is tried first.
    warm_up = 1 + 2 * 3 * 2
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


def test_what_ran_out_of_memory_is_a_cell_without_figures():
    gone = StepFigures(Variant('naive', 4), 2, [1.0], [1.0], [1.0], [1.0])
    gone.run_out()
    figures = [StepFigures(Variant('naive', 2), 2, [1.0, 3.0, 2.0], [], [1.0, 1.0, 1.0], []), gone]
    for shown in (table(figures, StepFigures.ratio), speed_table(figures, batch_size=8)):
        assert shown.splitlines()[1].split()[-1] == 'oom'
    # Two steps take 2 s in the middle block.
    assert [line.split() for line in speed_table(figures, 8).splitlines()[1:]] == [
        ['naive', '1000.0', 'ms', 'oom'],
        ['8', 'clips/s'],
    ]


def test_one_at_a_time_each_training_is_gone_before_the_next_is_made(workshop, monkeypatch):
    made, alive = [], []
    original = Workshop.train

    def train(self, variant):
        alive.append([name for name, model in made if model() is not None])
        training = original(self, variant)
        made.append((variant.method, weakref.ref(training.runner.model)))
        return training

    monkeypatch.setattr(Workshop, 'train', train)
    chosen, done = [Variant('naive', 2), Variant('ukd', 1), Variant('mutual', 2)], []
    figures = measure_steps(workshop, chosen, 2, 0.0, lambda *n: done.append(n), one_at_a_time=True)
    assert [each.variant for each in figures] == chosen
    assert alive == [[], *[['plain']] * 3]
    assert done == [(n, 6) for n in range(1, 7)]
    assert all(len(each.wall_s) == len(each.plain_wall_s) == 2 for each in figures)
    gc.collect()
    assert not any(model() is not None for _, model in made)


@pytest.mark.parametrize('one_at_a_time', [False, True])
@pytest.mark.parametrize('after', [0, 4])
def test_what_runs_out_of_memory_leaves_the_others_alone(
    workshop, monkeypatch, one_at_a_time, after
):
    """It may do so in its first step, or in a turn."""
    original, steps = Training.step, []

    def step(training, batch):
        if any(isinstance(hook, NaiveEnsembleHook) for hook in training.runner.hooks):
            steps.append(training)
            if len(steps) > after:
                steps.clear()
                raise torch.OutOfMemoryError('CUDA out of memory')
        original(training, batch)

    monkeypatch.setattr(Training, 'step', step)
    chosen = [Variant('naive', 1), Variant('ukd', 1)]
    naive, ukd = measure_steps(workshop, chosen, 2, 0.0, one_at_a_time=one_at_a_time)
    assert (naive.status, naive.wall_s, naive.plain_wall_s) == ('oom', [], [])
    assert ukd.status == 'ok' and len(ukd.wall_s) == 2


def test_a_reference_that_does_not_fit_is_one_line(workshop, monkeypatch):
    def step(training, batch):
        raise torch.OutOfMemoryError('CUDA out of memory')

    monkeypatch.setattr(Training, 'step', step)
    with pytest.raises(ConfigError, match='slowonly-r18-w8: a plain step of 2 clips runs out of'):
        measure_steps(workshop, [Variant('plain', 0)], 2, 0.0)


def test_teachers_of_one_kind_share_files_and_are_networks_of_their_own(tmp_path):
    quick = quick_networks('slowonly-r18-w8')
    networks = Networks(quick.student, quick.template, (quick.pool[1],) * 2)
    workshop = Workshop(tmp_path, networks, 2, 'cpu')
    naive = workshop.train(Variant('naive', 3))
    workshop.train(Variant('ukd', 3))
    (hook,) = (hook for hook in naive.runner.hooks if isinstance(hook, NaiveEnsembleHook))
    assert len({id(teacher.model) for teacher in hook.residents}) == 3
    weights = {next(teacher.model.parameters()).data_ptr() for teacher in hook.residents}
    assert len(weights) == 3
    assert len([*tmp_path.glob('*.pth')]) == 1
    assert len([*tmp_path.glob('*-bank')]) == 3


@pytest.mark.parametrize('student', ['r2plus1d-r34', 'slowonly-r50', 'tsm-r50', 'x3d-m', 'swin-t'])
def test_configs_of_large_networks_start_from_nothing_at_their_own_size(
    tmp_path, monkeypatch, student
):
    monkeypatch.setattr('ukd_bench.measure.speed.method_steps.Synthetic.make', lambda *_, **__: 0)
    template = '{method}/{student}_arid.py'
    workshop = Workshop(tmp_path, Networks(student, template, ()), 8, 'cuda', amp=True)
    plain = Config.fromfile(configs_root() / 'plain' / f'{student}_arid.py')
    for method in ('plain', 'two_stream_dark_light'):
        config = workshop.config(Variant(method, 0))
        assert 'http' not in config.pretty_text
        pipeline = config.train_dataloader.dataset.pipeline
        assert pipeline == plain.train_dataloader.dataset.pipeline
        assert (config.train_dataloader.batch_size, config.train_dataloader.num_workers) == (8, 0)
        wrapper = config.optim_wrapper
        assert (wrapper.type, wrapper.loss_scale) == ('AmpOptimWrapper', 'dynamic')


SMALL = """
_base_ = {base!r}
model = dict(
    backbone=dict(backbone=dict(base_channels=8, depth=18)),
    cls_head=dict(in_channels=64),
)
"""


@pytest.fixture
def small_sweep(tmp_path):
    """A sweep of ARID's whose SlowOnly is narrow, with teachers of two backbones."""
    plain = tmp_path / 'plain-small.py'
    plain.write_text(SMALL.format(base=str(configs_root() / 'plain' / 'slowonly-r50_arid.py')))
    ukd = tmp_path / 'ukd-small.py'
    ukd.write_text(
        f"_base_ = '{plain}'\n"
        "custom_hooks = [dict(type='ukd_bench.UKDHook', view_seed=0, pool='none')]\n"
    )
    for name in ('own', 'other'):
        (tmp_path / f'teacher-{name}.py').write_text(f"_base_ = '{plain}'\n")
    sweep = tmp_path / 'sweep.py'
    sweep.write_text(
        f"_base_ = '{configs_root() / 'sweeps' / 'arid_v1.py'}'\n"
        "students = [dict(name='small', epochs=1)]\n"
        "teachers = [dict(name='other', student='large', seed=1),\n"
        "            dict(name='own', student='small', seed=2)]\n"
        'num_teachers = [1]\n'
        f"student_config = '{tmp_path}/{{method}}-{{student}}.py'\n"
        f"teacher_config = '{tmp_path}/teacher-{{teacher}}.py'\n"
    )
    return sweep


def test_the_student_of_another_sweep_has_the_teachers_of_its_own_backbone(
    small_sweep, tmp_path, capsys
):
    out = tmp_path / 'figures.json'
    command = ['steps', '--sweep', str(small_sweep), '--methods', 'plain,ukd', '--teachers', '2']
    options = ['--batch-size', '1', '--blocks', '2', '--turn-s', '0', '--one-at-a-time']
    assert main([*command, *options, '--json', str(out)]) == 0
    printed = capsys.readouterr().out
    assert 'small, batches of 1: ' in printed and 'one training after another' in printed
    content = json.loads(out.read_text())
    setting = content['setting']
    assert setting['student'] == 'small' and setting['one_at_a_time']
    assert setting['teacher_kinds'] == [f'{tmp_path}/teacher-own.py']
    assert setting['precision'] == content['environment']['precision'] == 'float32'
    for cell in content['cells']:
        assert cell['status'] == 'ok'
        middle = sum(cell['wall_s']) / 2 / cell['steps']
        assert cell['step_ms'] == pytest.approx(1e3 * middle)
        assert cell['clips_per_s'] == pytest.approx(1 / middle)


def test_the_command_prints_every_row_and_writes_the_figures(tmp_path, capsys):
    out = tmp_path / 'figures.json'
    command = ['steps', '--methods', 'ukd,plain', '--teachers', '1', '--batch-size', '2']
    assert main([*command, '--blocks', '2', '--turn-s', '0', '--json', str(out)]) == 0
    printed = capsys.readouterr().out
    assert 'i3d-r18-w8, batches of 2' in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert sum(line.startswith(('plain  ', 'ukd  ')) for line in printed.splitlines()) == 6
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
        (['--amp'], "--amp: MMEngine's AmpOptimWrapper needs a GPU, and --device is cpu"),
        (['--sweep', 'none'], 'sweep config none does not exist; shipped by name are '),
        (['--sweep', 'arid_v1', '--student', 'big'], "student 'big' is none of r2plus1d-r34, "),
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

"""Regimes of a sweep: what each of their keys changes, and in which runs; nothing is trained."""

from dataclasses import fields, replace

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.methods.distillation import Distillation
from ukd_bench.sweep.parts import (
    Choice,
    Dataset,
    Fixed,
    Regime,
    Student,
)
from ukd_bench.sweep.place import Places, RunFolders
from ukd_bench.sweep.read_axes import read_axes

from .left_runs import state_of
from .planned import BRIGHT, STUDENT, keys_of, parents_of, planned, planned_in, run_of

METHODS = ('plain', 'ukd', 'naive', 'two_stream_dark_light', 'teacher', 'ensemble', 'self')
RGB = 'i3d-r18-w8-rgb'


def plan_of(*regimes: Regime, **changes):
    return planned(**dict(methods=METHODS, num_teachers=(1, 2), regimes=regimes) | changes)


EVERY = {*METHODS, 'bank'}


STUDENTS = {'plain', 'ukd', 'naive', 'two_stream_dark_light', 'self'}


DISTILLING = {'ukd', 'naive', 'self'}


def keys_by_method(regime: Regime) -> dict[str, set[str]]:
    plan = plan_of(regime)
    return {method: keys_of(plan, method) for method in EVERY}


CHANGES = {
    'name': (dict(name='another'), set()),
    'purpose': (dict(purpose='control'), set()),
    'epochs': (dict(epochs=5), STUDENTS | {'bank'}),
    'teacher_epochs': (dict(teacher_epochs=5), EVERY - {'plain', 'two_stream_dark_light'}),
    'label_noise': (dict(label_noise=0.4), STUDENTS),
    'normalization': (dict(normalization=Fixed((1, 2, 3), (4, 5, 6))), EVERY),
    'cfg_options': (dict(cfg_options={'optim_wrapper.optimizer.lr': 0.5}), STUDENTS),
    'method_cfg_options': (
        dict(method_cfg_options={'ukd': {'optim_wrapper.optimizer.lr': 0.5}}),
        {'ukd'},
    ),
    # The teacher that is left has another place in the pool, and is the same run.
    'teachers': (
        dict(teachers=('slowonly-gamma2.5', 'i3d-gamma1.8')),
        {'ukd', 'naive', 'ensemble'},
    ),
    'num_views': (dict(num_views=4), STUDENTS | {'bank'}),
    'distillation': (dict(distillation=Distillation(weight=0.25)), DISTILLING),
    'start': (dict(start=BRIGHT), EVERY),
}


NARROWING = {'methods', 'students', 'num_teachers', 'seeds'}


@pytest.fixture(scope='module')
def before():
    return keys_by_method(Regime())


@pytest.mark.parametrize('key', CHANGES)
def test_each_key_is_in_the_keys_of_the_runs_that_it_changes(before, key):
    changes, expected = CHANGES[key]
    after = keys_by_method(Regime(**changes))
    assert {method for method in EVERY if before[method] != after[method]} == expected


def test_no_key_is_forgotten():
    assert {one.name for one in fields(Regime)} == {*CHANGES} | NARROWING


@pytest.mark.parametrize(
    'other',
    [
        replace(BRIGHT, seed=8),
        replace(BRIGHT, epochs=4),
        replace(BRIGHT, dataset=Dataset('bright', darkroom=dict(preset='tiny', seed=5))),
    ],
)
def test_another_pretraining_is_another_start(other):
    first, second = (keys_by_method(Regime(start=start)) for start in (BRIGHT, other))
    assert all(first[method].isdisjoint(second[method]) for method in EVERY)


def test_teachers_and_students_share_a_pretraining_of_each_backbone_and_modality():
    plan = plan_of(Regime(start=BRIGHT), methods=('plain', 'ukd', 'two_stream_rgb_flow'))
    made = {run.spec.teacher for run in plan.runs.values() if run.spec.method == 'pretraining'}
    assert made == {RGB, 'i3d-r18-w8-flow', 'slowonly-r18-w8-rgb'}
    assert parents_of(plan, run_of(plan, 'plain')) == [('pretraining', RGB)]
    assert parents_of(plan, run_of(plan, 'two_stream_rgb_flow')) == [
        ('pretraining', RGB),
        ('pretraining', 'i3d-r18-w8-flow'),
    ]
    # What it learns from stands before what it starts from.
    assert parents_of(plan, run_of(plan, 'ukd', 2)) == [
        ('bank', 'i3d-gamma1.8'),
        ('bank', 'slowonly-gamma2.5'),
        ('pretraining', RGB),
    ]
    pretraining = run_of(plan, 'pretraining')
    assert pretraining.data.name == 'bright' and run_of(plan, 'plain').data.name != 'bright'
    assert (pretraining.spec.epochs, pretraining.spec.seed) == (3, 7)


def test_a_stage_goes_on_from_the_stage_before_and_not_from_the_pretraining():
    plan = plan_of(Regime(start=BRIGHT), methods=('chain',))
    first, second = run_of(plan, 'chain', 1), run_of(plan, 'chain', 2)
    assert (first.starts_from, second.starts_from) == (None, first.spec.key)


def test_runs_that_regimes_share_are_planned_once():
    noisy = Regime(
        name='noisy',
        label_noise=0.4,
        purpose='control',
        methods=('plain', 'ukd'),
        num_teachers=(2,),
    )
    plan = plan_of(Regime(name='clean'), noisy, methods=('plain', 'ukd', 'naive'))
    regimes = {
        (run.spec.method, run.spec.num_teachers): plan.regimes_of(run)
        for run in plan.runs.values()
        if run.spec.method in ('teacher', 'bank', 'naive')
    }
    assert regimes == {
        ('teacher', 0): ['clean', 'noisy'],
        ('bank', 0): ['clean', 'noisy'],
        ('naive', 1): ['clean'],
        ('naive', 2): ['clean'],
    }
    of_noisy = [run for run in plan.runs.values() if plan.regimes_of(run) == ['noisy']]
    assert sorted((run.spec.method, run.spec.num_teachers) for run in of_noisy) == [
        ('plain', 0),
        ('ukd', 2),
    ]
    datasets = [run.config.train_dataloader.dataset for run in of_noisy]
    assert [(one.label_noise, one.label_seed) for one in datasets] == [(0.4, 0), (0.4, 0)]


def test_methods_have_seeds_counts_students_and_regimes_of_their_own():
    plan = planned(
        methods=('plain', 'ukd', 'naive', 'ensemble', 'teacher'),
        seeds=(0, 1),
        choices=(
            Choice(name='naive', seeds=(1,), num_teachers=(3,)),
            Choice(name='teacher', num_teachers=(1,)),
            Choice(name='ensemble', regimes=('second',)),
        ),
        regimes=(Regime(name='first'), Regime(name='second', epochs=2, methods=('ensemble',))),
    )
    (naive,) = keys_of(plan, 'naive')
    assert (plan.runs[naive].spec.seed, plan.runs[naive].spec.num_teachers) == (1, 3)
    assert len(keys_of(plan, 'plain')) == 2 and len(keys_of(plan, 'ukd')) == 4
    (ensemble,) = keys_of(plan, 'ensemble')
    assert plan.regimes_of(plan.runs[ensemble]) == ['second']


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'optim_wraper.optimizer.lr': 1}, "no section 'optim_wraper'; did you mean 'optim_wrapp"),
        ({'param_scheduler.7.eta_max': 1}, 'Index 7 exceeds the length'),
        ({'model.backbone.depth.x': 1}, 'depth is a dict in the child config but'),
        ({'train_cfg.max_epochs': 3}, "key 'train_cfg.max_epochs' is set by every plan"),
        ({'train_cfg': None}, 'train_cfg.max_epochs = None is not a whole number'),
        ({'param_scheduler': [5]}, r'param_scheduler = \[5\] is not a list of dicts'),
        ({'model': 3}, 'model = 3 is not a dict'),
        ({'model.': 3}, "key 'model.' is no dotted key"),
        ({5: 3}, 'key 5 is no dotted key'),
    ],
)
def test_options_that_do_not_fit_a_config_are_refused_in_one_line(options, said):
    with pytest.raises(ConfigError, match=f'plain of {STUDENT}: .*{said}') as found:
        planned_in(cfg_options=options)
    assert '\n' not in str(found.value)


def test_what_an_option_deletes_is_deleted_in_every_run():
    head = dict(_delete_=True, type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))
    options = dict(optim_wrapper=head)
    plan = planned(methods=('plain',), seeds=(0, 1), regimes=(Regime(cfg_options=options),))
    found = [plan.runs[key].config.optim_wrapper.to_dict() for key in keys_of(plan, 'plain')]
    head.pop('_delete_')
    assert found == [head, head]


def test_a_number_is_one_whether_whole_or_not():
    keys = [keys_of(planned_in(normalization=Fixed((n, n, n), (n, n, n)))) for n in (2, 2.0)]
    assert keys[0] == keys[1]


def test_a_regime_without_students_leaves_the_pool_as_it_is(tmp_path):
    regimes = (Regime(name='first', students=('another',)), Regime(name='second', epochs=2))
    state = state_of(tmp_path, planned(methods=('plain',), regimes=regimes))
    state.paths.pool.write_text('of an earlier call')
    RunFolders(state, Places()).write_pool()
    assert state.paths.pool.read_text() == 'of an earlier call'
    assert state.paths.pool.with_name('pool-second.json').exists()


def test_what_is_not_the_suite_s_is_neither_normalised_nor_labelled_wrongly():
    stock = {'model.data_preprocessor': dict(_delete_=True, type='ActionDataPreprocessor')}
    with pytest.raises(ConfigError, match="its preprocessor is 'ActionDataPreprocessor', not ukd"):
        planned_in(normalization='clip', cfg_options=stock)
    own = {'train_dataloader.dataset.type': 'mine.Clips'}
    with pytest.raises(ConfigError, match="label_noise: its data set is 'mine"):
        planned_in(label_noise=0.4, cfg_options=own)


def test_a_run_has_one_full_schedule():
    regimes = (Regime(name='short', epochs=6), Regime(name='long'))
    said = r'plain \S+ seed=0 \(short\) and .* \(long\) are one run, .* 6 epochs in one .* 12 in'
    with pytest.raises(ConfigError, match=said):
        planned(methods=('plain',), students=(Student(STUDENT, 6),), regimes=regimes)


class TestPools:
    """Regimes with pools of their own."""

    FIRST, SECOND, THIRD = 'i3d-gamma1.8', 'slowonly-gamma2.5', 'i3d-identity'

    def test_each_has_its_own_order_and_shares_what_is_equal(self):
        regimes = (
            Regime(name='one', teachers=(self.FIRST, self.SECOND)),
            Regime(name='other', teachers=(self.FIRST, self.THIRD)),
            Regime(name='turned', teachers=(self.SECOND, self.FIRST)),
        )
        plan = planned(methods=('plain', 'ukd'), num_teachers=(1, 2), regimes=regimes)
        assert self._pools(plan) == [
            [self.FIRST, self.SECOND],
            [self.FIRST, self.THIRD],
            [self.SECOND, self.FIRST],
        ]
        of = {
            (regime, run.spec.num_teachers): run
            for regime, keys in plan.keys_by_regime.items()
            for run in map(plan.runs.get, keys)
            if run.spec.method == 'ukd'
        }
        assert of['one', 1] is of['other', 1] and of['one', 1] is not of['turned', 1]
        # The order is that in which targets are summed.
        assert len({of[name, 2].spec.key for name in ('one', 'other', 'turned')}) == 3
        assert parents_of(plan, of['other', 2]) == [('bank', self.FIRST), ('bank', self.THIRD)]
        assert len(keys_of(plan, 'plain')) == 1 and len(keys_of(plan, 'bank')) == 3
        assert plan.regimes[1]['teachers'] == [self.FIRST, self.THIRD]
        assert 'teachers' not in planned(regimes=(Regime(),)).regimes[0]

    @staticmethod
    def _pools(plan):
        return [[teacher.name for teacher, *_ in pool] for pool in plan.pools.values()]

    @pytest.mark.parametrize(
        ('regime', 'said'),
        [
            (dict(teachers=('nobody',)), r"regime 'x': teacher 'nobody' is none of i3d-gamma1.8,"),
            (dict(teachers=(FIRST, FIRST)), r"regime 'x': two teachers have the name"),
            (dict(teachers=(FIRST,)), r"regime 'x': num_teachers = 3 is not in 1 to 1, the size"),
            (dict(num_views=13), r"regime 'x': num_views = 13 is not in 1 to full_epochs = 12"),
            (dict(num_views=5, epochs=4), r"regime 'x': num_views = 5 is not in .* = 4"),
            (dict(method_cfg_options={'ukdd': {}}), r"regime 'x': method 'ukdd' is none of"),
            (dict(method_cfg_options={'ukd': 3}), r"regime 'x': method_cfg_options: ukd is 3, not"),
        ],
    )
    def test_what_does_not_fit_is_refused_in_one_line(self, regime, said):
        with pytest.raises(ConfigError, match=said):
            planned(regimes=(Regime(name='x', **regime),))

    def test_what_one_method_is_set_to_comes_last(self):
        rate = 'optim_wrapper.optimizer.lr'
        regime = Regime(cfg_options={rate: 0.5}, method_cfg_options={'ukd': {rate: 0.25}})
        plan = planned(methods=('plain', 'ukd'), num_teachers=(1,), regimes=(regime,))
        rates = {
            run.spec.method: run.config.optim_wrapper.optimizer.lr for run in plan.runs.values()
        }
        assert (rates['plain'], rates['ukd']) == (0.5, 0.25)


def test_a_seed_that_a_method_does_not_have_plans_nothing():
    choices = (Choice(name='naive', seeds=(0,)),)
    with pytest.raises(ConfigError, match=r'no run to plan: .* and seeds 7, as far'):
        planned(methods=('naive',), seeds=(7,), choices=choices)


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        (
            "regimes = [dict(name='a', start='nowhere')]",
            "start 'nowhere' is none of config, scratch",
        ),
        (
            "regimes = [dict(name='a', normalization='x')]",
            "normalization 'x' is none of config, clip",
        ),
        (
            "regimes = [dict(name='a', normalization=dict(mean=[1, 2], std=[1, 2, 3]))]",
            r"regime 'a': normalization: mean = \(1, 2\) is no list of three numbers",
        ),
        (
            "regimes = [dict(name='a', normalization=dict(mean=[1, 2, 3], std=[1, 0, 3]))]",
            r"regime 'a': normalization: std = \(1, 0, 3\) is not above 0",
        ),
        ("methods.append(dict(name='naive', seeds=[0]))", "two methods have the name 'naive'"),
        ("regimes = [dict(name='a'), dict(name='a')]", "two regimes have the name 'a'"),
        ("regimes = [dict(name='a', methods=['ukd'])]", "method 'ukd' is none of plain, naive"),
        ("regimes = [dict(name='a', seeds=[9])]", 'seed 9 is none of 0'),
        ("regimes = [dict(name='a', label_noise=1)]", 'label_noise = 1 is no share'),
        (
            "regimes = [dict(name='a', start=dict(epochs=1))]",
            "regimes\\[0\\]: start: key 'dataset' is",
        ),
        (
            "regimes = [dict(name='a', start=dict(weight='x'))]",
            "key 'weight' does not exist; did you",
        ),
        ("methods[1]['num_teachers'] = [5]", "method 'naive': num_teachers 5 is none of 1"),
        ("methods[1]['regimes'] = ['b']", "method 'naive': regime 'b' is none of default"),
        ("methods[1]['hook'] = 'x'", "methods\\[1\\]: key 'hook' does not exist"),
    ],
)
def test_mistakes_are_one_line_that_names_the_value(tmp_path, text, said):
    path = tmp_path / 'mine.py'
    path.write_text(
        "name = 'mine'\n_none = 0\n"
        "dataset = dict(name='d', darkroom=dict(preset='tiny'))\n"
        f"students = [dict(name='{STUDENT}', epochs=1)]\nfull_epochs = teacher_epochs = 1\n"
        f"teachers = [dict(name='i3d-gamma1.8', student='{STUDENT}', seed=1)]\n"
        "methods = ['plain', dict(name='naive', seeds=[0])]\nnum_teachers = [1]\nseeds = [0]\n"
        "student_config = '{method}/{student}.py'\nteacher_config = 'teachers/{teacher}.py'\n"
    )
    assert read_axes(path).choice('naive') == Choice(name='naive', seeds=(0,))
    path.write_text(path.read_text() + text + '\n')
    with pytest.raises(ConfigError, match=said) as found:
        read_axes(path)
    assert '\n' not in str(found.value)

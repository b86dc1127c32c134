"""Students and teachers with configs of a user's own: which views and hooks they may have."""

import pytest

from ukd_bench.data.views.rendering import teacher_pipeline
from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import configs_root
from ukd_bench.methods.config_files import wants_channels_last
from ukd_bench.methods.student_config import method_hook
from ukd_bench.methods.table import METHOD_TABLE
from ukd_bench.sweep.config import Student
from ukd_bench.sweep.prepare import _flow_wanted

from .planned import AXES, STUDENT, planned, run_of, runs_of

POOL = [teacher.name for teacher in AXES.teachers]


@pytest.fixture
def own_configs(tmp_path, monkeypatch):
    """A folder of configs that derive from the shipped ones; returns what writes one."""
    monkeypatch.chdir(tmp_path)

    def write(base: str, name: str, text: str = '') -> None:
        path = tmp_path / f'{name}.py'
        path.parent.mkdir(exist_ok=True)
        shipped = configs_root() / f'{base}_darkroom-quick.py'
        path.write_text(f"_base_ = '{shipped}'\n{text}\n")

    for name in ('long', 'wide'):
        for method in ('plain', 'ukd'):
            write(f'{method}/{STUDENT}', f'{method}/{name}')
    for name in POOL:
        write(f'teachers/{name}', f'teachers/{name}')
    return write


def pipeline(clip_len: int = 8, size: int = 48, extra: str = '', **draw) -> str:
    draws = dict(min_span=0.8, min_side=0.8, flip_ratio=0.5) | draw
    return (
        'train_dataloader = dict(dataset=dict(pipeline=['
        "dict(type='ukd_bench.OpenVideo', short_side=72),"
        f'{extra}'
        f"dict(type='ukd_bench.DrawView', **{draws}),"
        f"dict(type='ukd_bench.ViewFrames', clip_len={clip_len}),"
        "dict(type='ukd_bench.TakeFrames'),"
        f"dict(type='ukd_bench.ViewCrop', size={size}),"
        "dict(type='FormatShape', input_format='NCTHW'),"
        "dict(type='PackActionInputs', meta_keys=('video_id',)),"
        ']))'
    )


OWN = dict(
    students=(Student('long', 12), Student('wide', 6)),
    student_config='{method}/{student}.py',
    teacher_config='teachers/{teacher}.py',
)


def test_a_wide_student_has_files_of_its_own(own_configs):
    own_configs(f'plain/{STUDENT}', 'wide/long', 'model = dict(backbone=dict(base_channels=12))')
    plan = planned(**OWN | dict(students=OWN['students'][:1], methods=('wide',)))
    assert list(plan.runs) == [run_of(plan, 'wide').spec.key]
    assert run_of(plan, 'wide').config.model.backbone.base_channels == 12


def banks_of(plan) -> list[str]:
    return [key for key, run in plan.runs.items() if run.spec.method == 'bank']


def test_students_of_other_clip_lengths_and_sizes_share_banks(own_configs):
    for method in ('plain', 'ukd'):
        own_configs(f'{method}/{STUDENT}', f'{method}/long', pipeline(clip_len=16))
        own_configs(f'{method}/{STUDENT}', f'{method}/wide', pipeline(size=64))
    both = planned(**OWN)
    assert len(banks_of(both)) == 3
    # Whichever student comes first, and whatever it sees.
    turned = planned(**OWN | dict(students=OWN['students'][::-1]))
    assert banks_of(turned) == banks_of(both)
    shipped = planned()
    assert len({run.spec.key for run in runs_of(both, 'ukd').values()}) == 2
    assert len(banks_of(shipped)) == 3


def test_a_bank_is_bound_to_its_teachers_rendering(own_configs):
    before = banks_of(planned(**OWN))
    own_configs(f'teachers/{POOL[1]}', f'teachers/{POOL[1]}', pipeline(clip_len=4))
    after = banks_of(planned(**OWN))
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


def test_the_teachers_own_draws_are_not_the_students(own_configs):
    """What a teacher was trained on changes the teacher; of its bank only the rendering counts."""
    own_configs(f'teachers/{POOL[0]}', f'teachers/{POOL[0]}', pipeline(min_span=0.5, clip_len=4))
    plan = planned(**OWN)
    (_, teacher, _), *_ = plan.pool
    student = run_of(plan, 'ukd', 3).config.train_dataloader.dataset.pipeline
    steps = teacher_pipeline(student, teacher.config)
    draw, frames = (
        next(s for s in steps if s['type'] == f'ukd_bench.{name}')
        for name in ('DrawView', 'ViewFrames')
    )
    assert draw['min_span'] == 0.8
    assert frames['clip_len'] == 4


def test_an_ensemble_has_no_student(own_configs):
    test = (
        'test_dataloader = dict(dataset=dict(pipeline=['
        "dict(type='ukd_bench.OpenVideo', short_side=72), dict(type='ukd_bench.EvaluationViews'),"
        "dict(type='ukd_bench.ViewFrames', clip_len={length}), dict(type='ukd_bench.TakeFrames'),"
        "dict(type='ukd_bench.ViewCrop', size=64), dict(type='PackActionInputs')]))"
    )

    def ensemble(**changes):
        return run_of(planned(**OWN | dict(methods=('ensemble',)) | changes), 'ensemble', 3)

    own_configs(f'plain/{STUDENT}', 'plain/long', test.format(length=16))
    before = ensemble()
    assert ensemble(students=OWN['students'][1:]).spec == before.spec
    assert ensemble(protocol='clips10_crops3').spec.key != before.spec.key
    own_configs(f'teachers/{POOL[1]}', f'teachers/{POOL[1]}', test.format(length=4))
    assert ensemble().spec.key != before.spec.key


def test_other_views_are_refused(own_configs):
    own_configs(f'ukd/{STUDENT}', 'ukd/wide', pipeline(min_span=0.5))
    with pytest.raises(ConfigError) as caught:
        planned(**OWN)
    assert 'ukd of wide draws other views than plain of long (min_span=0.5' in str(caught.value)
    assert 'students of one sweep share their views' in str(caught.value)


STOCK = (
    'train_dataloader = dict(dataset=dict(pipeline=['
    "dict(type='DecordInit'), dict(type='SampleFrames', clip_len={length}),"
    "dict(type='DecordDecode'), dict(type='FormatShape', input_format='NCTHW'),"
    "dict(type='PackActionInputs')]))"
)


def test_a_stock_pipeline_is_compared_as_a_whole(own_configs):
    for name, length in (('long', 16), ('wide', 16)):
        for method in ('plain', 'ukd'):
            own_configs(f'{method}/{STUDENT}', f'{method}/{name}', STOCK.format(length=length))
    same = planned(**OWN)
    own_configs(f'ukd/{STUDENT}', 'ukd/wide', STOCK.format(length=32))
    with pytest.raises(ConfigError, match='ukd of wide has another training pipeline than plain'):
        planned(**OWN)
    for method in ('plain', 'ukd'):
        for name in ('long', 'wide'):
            own_configs(f'{method}/{STUDENT}', f'{method}/{name}', STOCK.format(length=32))
    # A bank of such a pipeline serves no other.
    assert not set(banks_of(same)) & set(banks_of(planned(**OWN)))


def test_flow_is_made_for_teachers_that_read_it(own_configs):
    flow = "dict(type='ukd_bench.OpenFlow', algorithm='farneback'),"
    own_configs(f'teachers/{POOL[1]}', f'teachers/{POOL[1]}', pipeline(extra=flow))
    with_flow, without = planned(**OWN), planned(**OWN, num_teachers=(1,))
    (settings,) = _flow_wanted(with_flow, *with_flow.datasets).values()
    assert settings['algorithm'] == 'farneback'
    assert not _flow_wanted(without, *without.datasets)


@pytest.mark.parametrize(
    ('method', 'hooks', 'complaint'),
    [
        ('ukd', [dict(type='my.Source', pool='p')], "has the hook my.Source, but method 'ukd' is"),
        ('plain', [dict(type='my.Source', pool='p')], "but method 'plain' is ukd_bench.ReplayHook"),
        ('ukd', [dict(type='ukd_bench.SwapHook', pool='p')], 'has the hook ukd_bench.SwapHook'),
        ('plain', [dict(type='ukd_bench.UKDHook', pool='p')], 'has the hook ukd_bench.UKDHook'),
        ('ukd', [], 'needs one hook ukd_bench.UKDHook, has 0'),
        (
            'ukd',
            [dict(type='ukd_bench.UKDHook', pool='p'), dict(type='my.Source', pool='p')],
            'needs one hook ukd_bench.UKDHook, has 2',
        ),
    ],
)
def test_the_hook_of_something_else_is_no_method_of_the_suites(
    own_configs, method, hooks, complaint
):
    own_configs(f'{method}/{STUDENT}', f'{method}/long', f'custom_hooks = {hooks!r}')
    with pytest.raises(ConfigError) as caught:
        planned(**OWN | dict(students=OWN['students'][:1], methods=(method,)))
    assert complaint in str(caught.value) and f'{method}/long.py' in str(caught.value)


LAID_OUT = dict(type='ukd_bench.ChannelsLastHook')


def test_further_hooks_stay_in_every_run(own_configs):
    """Borrowing methods have those of the config that they borrow."""
    replaying = [dict(type='ukd_bench.ReplayHook', view_seed=0), LAID_OUT]
    reading = [dict(type='ukd_bench.UKDHook', pool='p', num_teachers=1), LAID_OUT]
    own_configs(f'plain/{STUDENT}', 'plain/long', f'custom_hooks = {replaying!r}')
    own_configs(f'ukd/{STUDENT}', 'ukd/long', f'custom_hooks = {reading!r}')
    for teacher in POOL:
        own_configs(f'teachers/{teacher}', f'teachers/{teacher}', f'custom_hooks = {replaying!r}')
    every = {name for name, row in METHOD_TABLE.items() if row.borrows} | {'plain', 'ukd'}
    methods = (*every, 'teacher', 'ensemble')
    plan = planned(**OWN | dict(students=OWN['students'][:1], methods=methods))
    assert {run.spec.method for run in plan.runs.values()} == {*methods, 'bank'}
    for run in plan.runs.values():
        assert wants_channels_last(run.config), run.label
        assert len(run.config.custom_hooks) == 2


def test_one_file_serves_all_methods_where_its_path_names_none(own_configs):
    hooks = [LAID_OUT, dict(type='ukd_bench.ReplayHook'), dict(type='EMAHook')]
    own_configs(f'plain/{STUDENT}', 'mine/long', f'custom_hooks = {hooks!r}')
    options = OWN | dict(students=OWN['students'][:1], student_config='mine/{student}.py')
    plan = planned(**options | dict(methods=('plain', 'plain_long', 'ukd', 'naive', 'mutual')))
    for method in ('plain', 'plain_long', 'ukd', 'naive', 'mutual'):
        for run in runs_of(plan, method).values():
            kinds = [hook['type'] for hook in run.config.custom_hooks]
            wanted = METHOD_TABLE[method].hook or 'ukd_bench.ReplayHook'
            assert kinds == ['ukd_bench.ChannelsLastHook', wanted, 'EMAHook']
    with pytest.raises(ConfigError, match="'label_smoothing' differs from 'plain' by its config"):
        planned(**options | dict(methods=('label_smoothing',)))


def test_a_teacher_is_trained_by_the_suites_hook(own_configs):
    hooks = "custom_hooks = [dict(type='my.Source', pool='p')]"
    own_configs(f'teachers/{POOL[0]}', f'teachers/{POOL[0]}', hooks)
    with pytest.raises(ConfigError, match=r"has the hook my\.Source, but method 'teacher' is"):
        planned(**OWN)


def test_a_hook_is_found_among_others_and_by_its_class():
    from ukd_bench.distill import UKDHook

    others = [dict(type='EMAHook'), dict(type='ukd_bench.ChannelsLastHook')]
    for kind in ('ukd_bench.UKDHook', 'ukd_bench.distill.UKDHook', UKDHook):
        config = dict(custom_hooks=[*others, dict(type=kind, pool='p')])
        assert method_hook(config, METHOD_TABLE['ukd'], 'mine') is config['custom_hooks'][2]

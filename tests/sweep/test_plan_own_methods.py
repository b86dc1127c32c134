"""Methods that a sweep's config describes: how they are read, planned and keyed."""

import json

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import configs_root
from ukd_bench.methods.own import own_method
from ukd_bench.records.folder import SweepPaths
from ukd_bench.sweep.finished import SweepState
from ukd_bench.sweep.read_axes import read_axes

from .planned import AXES, STUDENT, hook_of, parents_of, planned, run_of, runs_of

OWN = dict(
    name='top',
    hook='my_methods.TopHook',
    reads='banks',
    title='top-class UKD',
    sentence='UKD from the best classes.',
)
POOL = [teacher.name for teacher in AXES.teachers]


@pytest.fixture(autouse=True)
def my_methods(tmp_path, monkeypatch):
    """The module that holds the hooks; planning reads it and never runs it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / 'my_methods.py').write_text('raise RuntimeError("planned, not imported")\n')
    return tmp_path / 'my_methods.py'


def plan_of(*dicts, **changes):
    own = tuple(own_method(one, 'mine') for one in dicts)
    methods = ('plain', 'ukd', *(one.row.name for one in own))
    return planned(**dict(methods=methods, own_methods=own) | changes)


def test_it_borrows_ukds_config():
    plan = plan_of(OWN)
    assert sorted(runs_of(plan, 'top')) == [1, 3]
    run, ukd = run_of(plan, 'top', 3), run_of(plan, 'ukd', 3)
    assert parents_of(plan, run) == [('bank', name) for name in POOL]
    assert hook_of(run) == hook_of(ukd) | dict(type='my_methods.TopHook')
    assert run.config.model == ukd.config.model
    assert run.spec.key != ukd.spec.key


def test_arguments_of_its_hook_come_before_the_sweeps(monkeypatch):
    from ukd_bench.methods.distillation import Distillation

    own = OWN | dict(hook=dict(type='my_methods.TopHook', classes=2, weight=0.5))
    given = Distillation(weight=0.7, temperature=2.0)
    plan = plan_of(own, distillation=given)
    hook = hook_of(run_of(plan, 'top', 3))
    assert (hook['classes'], hook['weight'], hook['temperature']) == (2, 0.5, 2.0)
    assert hook_of(run_of(plan, 'ukd', 3))['weight'] == 0.7


def test_what_reads_checkpoints_one_of_its_kind_or_goes_in_stages():
    asks = OWN | dict(name='asks', title='asks', reads='checkpoints', fewest=2)
    kin = OWN | dict(name='kin', title='kin', parents='own_kind')
    stages = OWN | dict(name='stages', title='stages', parents='stages')
    plan = plan_of(asks, kin, stages)
    (asking,) = runs_of(plan, 'asks').values()
    assert parents_of(plan, asking) == [('teacher', name) for name in POOL]
    assert parents_of(plan, run_of(plan, 'kin', 1)) == [('bank', f'self-{STUDENT}-s0')]
    third = run_of(plan, 'stages', 3)
    assert parents_of(plan, third) == [('bank', POOL[2]), ('stages', 2)]
    assert third.starts_from == run_of(plan, 'stages', 2).spec.key


def test_a_hook_without_teachers_takes_the_place_of_plains():
    own = OWN | dict(reads=None, hook=dict(type='my_methods.Smoother', share=0.2))
    run = run_of(plan_of(own), 'top')
    assert hook_of(run) == dict(type='my_methods.Smoother', view_seed=0, share=0.2)
    assert (run.spec.num_teachers, run.spec.parents) == (0, ())


def test_a_file_of_its_own_counts_and_must_have_its_hook(tmp_path):
    shipped = configs_root() / 'ukd' / f'{STUDENT}_darkroom-quick.py'
    for method in ('plain', 'ukd', 'top'):
        base = configs_root() / method / shipped.name if method == 'plain' else shipped
        (tmp_path / method).mkdir()
        (tmp_path / method / 'own.py').write_text(f"_base_ = '{base}'\n")
    template = dict(student_config='{method}/own.py')
    with pytest.raises(ConfigError, match=r'config top/own\.py: has the hook ukd_bench\.UKDHook'):
        plan_of(OWN, **template)
    with open(tmp_path / 'top' / 'own.py', 'a') as file:
        file.write("custom_hooks = [dict(type='my_methods.TopHook', pool='p', weight=0.25)]\n")
    assert hook_of(run_of(plan_of(OWN, **template), 'top', 3))['weight'] == 0.25


def test_without_a_hook_it_needs_a_file_of_its_own():
    bare = {key: value for key, value in OWN.items() if key not in ('hook', 'reads')}
    with pytest.raises(ConfigError, match=rf'top/{STUDENT}_darkroom-quick\.py does not exist'):
        plan_of(bare)
    assert sorted(runs_of(plan_of(bare | dict(by_count=True, borrows='plain')), 'top')) == [1, 3]


def test_its_source_is_part_of_its_keys_and_of_no_others(my_methods):
    before = plan_of(OWN)
    assert list(plan_of(OWN).runs) == list(before.runs)
    my_methods.write_text('# Another hook.\n')
    after = plan_of(OWN)
    for plan_runs in (runs_of(before, 'top'), runs_of(after, 'top')):
        assert len(plan_runs) == 2
    changed = set(before.runs) ^ set(after.runs)
    assert {(before.runs | after.runs)[key].spec.method for key in changed} == {'top'}
    assert len(changed) == 4


def test_a_hook_in_no_module_is_refused_before_anything_is_trained(my_methods):
    my_methods.unlink()
    with pytest.raises(ConfigError, match="there is no module 'my_methods' in the working folder"):
        plan_of(OWN)


@pytest.fixture
def written(tmp_path):
    """Writes a sweep config with some entries among its methods, and returns its path."""
    quick = configs_root() / 'sweeps' / 'quick.py'

    def write(*items):
        path = tmp_path / 'mine.py'
        path.write_text(f"_base_ = '{quick}'\nmethods = {[*items]!r}\n")
        return path

    return write


def test_a_config_holds_dicts_among_its_methods(written):
    axes = read_axes(written('plain', OWN, 'ukd'))
    assert axes.methods == ('plain', 'top', 'ukd')
    assert [method.name for method in axes.student_methods] == ['plain', 'top', 'ukd']
    narrow = axes.narrowed(methods=['top'])
    assert narrow.methods == ('top',) and narrow.own_methods == axes.own_methods
    # Described, so it can be named, whatever else is asked for.
    assert axes.narrowed(methods=['plain']).narrowed(methods=['top']).methods == ('top',)
    with pytest.raises(ConfigError, match=r'is none of plain, .*, ensemble, top'):
        axes.narrowed(methods=['tpo'])


def test_a_mistake_in_a_config_says_where(written):
    with pytest.raises(ConfigError, match=r"mine\.py: methods\[1\]: key 'read' does not exist"):
        read_axes(written('plain', OWN | dict(read='banks')))
    with pytest.raises(ConfigError, match=r"mine\.py: methods\[0\]: key 'name' is absent"):
        read_axes(written(dict(title='nameless', sentence='x')))
    with pytest.raises(ConfigError, match=r'mine\.py: methods is 3, not of type str'):
        read_axes(written('plain', 3))


def test_the_plan_on_disk_describes_them(tmp_path):
    """All that the config describes: rows of earlier calls may be of any."""
    plan = plan_of(OWN, methods=('plain',))
    state = SweepState(plan, SweepPaths(tmp_path / 'results'))
    state.write_plan({}, 'claims', {})
    on_disk = json.loads((tmp_path / 'results' / 'plan.json').read_text())
    assert on_disk['methods'] == [OWN]

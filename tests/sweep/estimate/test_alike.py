"""Which runs share one prediction, and what is asked for those that do."""

import ast
import copy
from dataclasses import replace

import pytest

from ukd_bench.sweep.estimate import peaks
from ukd_bench.sweep.estimate.alike import memory_key
from ukd_bench.sweep.estimate.peaks import predicted_peaks
from ukd_bench.sweep.parts import Regime, Student

from ..planned import AXES, STUDENT, hook_of, planned, run_of, runs_of

NO_PHASE = dict(phases={}, state_bytes=None, error=None)


def kinds(plan, method: str) -> list[str]:
    return [memory_key(run, plan) for run in plan.runs.values() if run.spec.method == method]


def changed(plan, change) -> bool:
    """Whether a change of a run's config makes it another kind."""
    run = run_of(plan, 'naive', 3)
    other = replace(run, shared=copy.deepcopy(run.shared))
    change(other)
    return memory_key(other, plan) != memory_key(run, plan)


@pytest.fixture(scope='module')
def plan():
    return planned(methods=('plain', 'ukd', 'naive', 'plain_long'), seeds=(0, 1, 2))


def test_runs_that_differ_in_their_seed_are_alike(plan):
    assert len(kinds(plan, 'plain')) == 3 and len({*kinds(plan, 'plain')}) == 1
    assert len(kinds(plan, 'naive')) == 6 and len({*kinds(plan, 'naive')}) == 2, 'one a K'
    # How long a run trains is no matter of memory.
    assert len({run.spec.epochs for run in runs_of(plan, 'plain_long').values()}) == 2
    assert len({*kinds(plan, 'plain_long')}) == 1


def test_teachers_and_their_banks_are_not(plan):
    assert len({*kinds(plan, 'teacher')}) == len({*kinds(plan, 'bank')}) == 3


def test_schedule_labels_and_split_are_no_matter_of_memory(plan):
    noisy = planned(
        methods=('plain',),
        students=(replace(AXES.students[0], epochs=3),),
        regimes=(Regime(name='clean'), Regime(name='noisy', label_noise=0.4)),
    )
    assert len(kinds(noisy, 'plain')) == 2
    assert {*kinds(noisy, 'plain')} == {*kinds(plan, 'plain')}
    assert {*kinds(planned(methods=('plain',), view_seed=9), 'plain')} == {*kinds(plan, 'plain')}


def test_what_matters_tells_runs_apart(plan):
    def batch(run):
        run.shared.train_dataloader.batch_size += 1

    def clip(run):
        run.shared.train_dataloader.dataset.pipeline[2]['clip_len'] = 16

    def optimizer(run):
        run.shared.optim_wrapper.type = 'AmpOptimWrapper'

    def frozen(run):
        hook_of(run, run.shared)['weight'] = 1.0

    assert all(changed(plan, change) for change in (batch, clip, optimizer, frozen))
    assert {*kinds(planned(methods=('plain',), device='cuda'), 'plain')} != {*kinds(plan, 'plain')}


def test_the_places_and_seeds_of_this_plan_do_not(plan):
    def places(run):
        hook_of(run, run.shared).update(pool='elsewhere', view_seed=99, num_views=99)
        run.shared.update(work_dir='elsewhere', data_root='elsewhere')
        run.shared.randomness = dict(seed=99)
        run.shared.load_from = 'https://somewhere/weights.pth'

    assert not changed(plan, places)


def test_each_kind_is_asked_for_once_with_its_teachers(plan, monkeypatch):
    asked, said = [], []

    def ask(questions):
        asked.extend(questions['peaks'])
        return {'peaks': [dict(NO_PHASE, state_bytes=n) for n in range(len(asked))]}

    monkeypatch.setattr(peaks, 'ask', ask)
    found = predicted_peaks(plan, plan.runs.values(), said.append)
    assert found.keys() == plan.runs.keys()
    # Teachers, banks; plain and plain_long; ukd and naive with one and with three.
    assert len(asked) == 3 + 3 + 2 + 4 and said == ['predicting peaks: 12 kinds of runs']
    (naive,) = (one for one in asked if one['method'] == 'naive' and len(one['teachers']) == 3)
    teachers = [repr(teacher.config.to_dict()) for _, teacher, _ in plan.pool]
    assert naive['teachers'] == teachers and naive['device'] == 'cpu'
    every = [r for r in plan.runs.values() if (r.spec.method, r.spec.num_teachers) == ('naive', 3)]
    assert ast.literal_eval(naive['config']) == every[0].config.to_dict()
    (bank,) = (one for one in asked if one['method'] == 'bank' and one['teachers'] == teachers[1:2])
    assert bank['config'] != teachers[1]
    # Every run has the answer of its kind, whatever its seed.
    answers = {key: found[key].state_bytes for key in plan.runs}
    for one, other in zip(plan.runs.values(), reversed(plan.runs.values()), strict=True):
        same = memory_key(one, plan) == memory_key(other, plan)
        assert same == (answers[one.spec.key] == answers[other.spec.key])


def test_no_process_is_asked_of_nothing(plan, monkeypatch):
    monkeypatch.setattr(peaks, 'ask', None)
    assert predicted_peaks(plan, [], None) == {}


def test_the_largest_phase_counts(plan, monkeypatch):
    phase = dict(allocated_peak_bytes=5, reserved_peak_bytes=None, workspace_bound_bytes=3)
    other = dict(allocated_peak_bytes=9, reserved_peak_bytes=None, workspace_bound_bytes=1)
    answer = dict(phases={'train': phase, 'eval': other}, state_bytes=2, error=None)
    run = run_of(plan, 'plain')
    monkeypatch.setattr(peaks, 'ask', lambda questions: {'peaks': [answer]})
    found = predicted_peaks(plan, [run], print)[run.spec.key]
    assert (found.allocated_bytes, found.workspace_bytes, found.state_bytes) == (9, 3, 2)
    assert found.peak_bytes == 9, 'nothing is reserved on the CPU'
    other['reserved_peak_bytes'] = 12
    assert predicted_peaks(plan, [run], print)[run.spec.key].peak_bytes == 12


def test_networks_of_two_backbones_are_not_alike():
    plan = planned(methods=('plain',), students=(*AXES.students, Student('slowonly-r18-w8', 12)))
    assert [run.spec.student for run in plan.runs.values()] == [STUDENT, 'slowonly-r18-w8']
    assert len({*kinds(plan, 'plain')}) == 2

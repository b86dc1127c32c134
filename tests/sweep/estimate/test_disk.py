"""Bytes that runs will leave, against what they do leave and against sums by hand."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ukd_bench.data.cache.estimate import needed_bytes
from ukd_bench.data.darkroom import PRESETS, make
from ukd_bench.data.darkroom.layout import clips_of
from ukd_bench.sweep.config import Dataset
from ukd_bench.sweep.estimate.disk import Videos, run_bytes, shared_bytes
from ukd_bench.sweep.estimate.earlier_runs import EarlierRun, earlier_runs, model_of
from ukd_bench.sweep.prepare import prepare_places
from ukd_bench.sweep.videos import sweep_data

from ..left_runs import finish, state_of
from ..planned import planned, run_of
from ..test_prepare import no_bar

TINY = Dataset('darkroom-tiny', darkroom=dict(preset='tiny'))


@pytest.fixture
def inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def videos_of(plan) -> dict[int, Videos]:
    return {id(data): Videos(data) for data in plan.datasets}


def bytes_in(folder: Path, ending: str) -> int:
    return sum(path.stat().st_size for path in folder.rglob(f'*{ending}'))


@pytest.mark.parametrize('groups', [None, 'fit'])
def test_videos_that_are_not_made_yet_are_known_as_they_will_be(inside, groups):
    data = sweep_data(TINY, groups=groups)
    planned_ones = Videos(data)
    trained, sizes = planned_ones.num_trained_on, planned_ones.sizes
    assert not data.root.exists()
    make(data.root, PRESETS['tiny'])
    made = Videos(sweep_data(TINY, groups=groups))
    assert (trained, sizes) == (made.num_trained_on, made.sizes)
    assert trained == len(data.clips('train')) == (11 if groups else 22)
    assert set(sizes) == set(data.paths()) and len(clips_of(PRESETS['tiny'])) > len(sizes)


def test_a_bank_by_hand(inside):
    plan = planned(num_views=5)
    bank = next(run for run in plan.runs.values() if run.spec.method == 'bank')
    # 5 views of 22 clips, 11 classes, 4 bytes each.
    assert run_bytes(bank, Videos(bank.data), [], 10**9) == 5 * 22 * 11 * 4


def test_checkpoints_are_as_large_as_those_of_the_same_network(inside):
    plan = planned(methods=('plain', 'ukd', 'ensemble'))
    state = state_of(inside, plan)
    plain, ukd = run_of(plan, 'plain'), run_of(plan, 'ukd', 3)
    videos = Videos(plain.data)
    assert run_bytes(ukd, videos, [], None) is None
    assert run_bytes(ukd, videos, [], 77) == 77, 'what the predictor tells'
    finish(state, plain, 'weights')
    earlier = earlier_runs(inside)
    assert [(one.method, one.checkpoint_bytes) for one in earlier] == [('plain', len('weights'))]
    assert earlier[0].model == model_of(ukd.config.to_dict())
    assert run_bytes(ukd, videos, earlier, 77) == len('weights')
    slowonly = next(run for run in plan.runs.values() if run.spec.teacher == 'slowonly-gamma2.5')
    assert run_bytes(slowonly, videos, earlier, None) is None
    assert run_bytes(run_of(plan, 'ensemble', 3), videos, earlier, None) == 0
    # A published record has no checkpoint beside it.
    os.remove(state.own_folder(plain).checkpoint)
    assert run_bytes(ukd, videos, earlier_runs(inside), 77) == 77


def test_records_that_cannot_be_read_are_passed_over(inside):
    plan = planned(methods=('plain',), seeds=(0, 1))
    state = state_of(inside, plan)
    first, second = plan.runs.values()
    finish(state, first, 'a', time=dict(wall_s=12.5))
    finish(state, second, 'b')
    state.own_folder(second).record.write_text('{')
    (one,) = earlier_runs(inside)
    assert (one.wall_s, one.kind, one.device) == (12.5, 'cpu', 'Made-up CPU')
    assert (one.network, one.epochs, one.num_teachers) == ('i3d-r18-w8', 12, 0)


def test_a_bank_has_the_network_of_its_teacher(inside):
    plan = planned()
    state = state_of(inside, plan)
    teacher = next(run for run in plan.runs.values() if run.spec.teacher == 'slowonly-gamma2.5')
    (bank,) = (run for run in plan.children(teacher.spec.key) if run.spec.method == 'bank')
    finish(state, teacher, 'weights')
    # A bank's record tells of the teacher that filled it.
    told = dict(name='slowonly-gamma2.5', key=teacher.spec.key, checkpoint_sha256=None)
    finish(state, bank, 'scores', teachers=[told])
    found = {one.method: one.network for one in earlier_runs(inside)}
    assert found == {'teacher': 'slowonly-r18-w8', 'bank': 'slowonly-r18-w8'}


@pytest.mark.slow
def test_cache_and_flow_are_what_a_sweep_makes_and_nothing_once_they_are_there(inside):
    plan = planned(methods=('two_stream_rgb_flow',))
    (data,) = plan.datasets
    unmade = shared_bytes(plan, videos_of(plan), [], 1.0)
    assert unmade.flow_bytes is None
    assert unmade.notes == ('flow: how well its files compress is not known before some are made',)
    make(data.root, PRESETS['tiny'])
    before = shared_bytes(plan, videos_of(plan), [], 1.0)
    assert before.cache_bytes == unmade.cache_bytes
    places = prepare_places(plan, 1.0, no_bar, print)
    (flow,), (cache,) = places.flow.values(), places.cache.values()
    assert (
        before.cache_bytes == bytes_in(cache, '.npy') == needed_bytes(data.root, data.paths(), 72)
    )
    after = shared_bytes(plan, videos_of(plan), [], 1.0)
    assert (after.cache_bytes, after.flow_bytes, after.notes) == (0, 0, ())
    # A record tells how well the fields of these videos compress.
    fields = sum(frames - 1 for frames, *_ in Videos(data).sizes.values())
    told = dict(algorithm='farneback', bound=8.0, gamma=1.0, fields=fields)
    told['bytes'] = bytes_in(flow, '.jpg')
    model = ('two_stream_rgb_flow', 'i3d-r18-w8', None, 0, 6, 'cuda', 'a', data.name, 1.0, 'm')
    earlier = EarlierRun(*model, flow=told)
    flow.rename(inside / 'elsewhere')
    again = shared_bytes(plan, videos_of(plan), [earlier], 1.0)
    assert again.flow_bytes == told['bytes'] and len(again.notes) == 1
    other = replace(earlier, flow=told | dict(bound=20.0))
    assert shared_bytes(plan, videos_of(plan), [other], 1.0).flow_bytes is None


def test_frames_without_room_are_not_cached_and_that_is_said(inside):
    plan = planned(methods=('plain',))
    shared = shared_bytes(plan, videos_of(plan), [], 1e-6)
    assert shared.cache_bytes == 0 and not (inside / 'data').exists()
    (note,) = shared.notes
    assert note.startswith('videos are decoded at every epoch: cached they would take 0.0 GiB; ')
    assert shared_bytes(plan, videos_of(plan), [], 0).notes == ()

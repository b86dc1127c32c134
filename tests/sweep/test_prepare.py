"""Flow and cached frames of a sweep, made for small videos, and what is told of where they lie."""

import contextlib
import copy
from dataclasses import replace
from pathlib import Path

import pytest
from mmengine.config import Config

from ukd_bench.errors import ConfigError
from ukd_bench.records.key import OPEN_FLOW, OPEN_VIDEO
from ukd_bench.sweep.config import Dataset
from ukd_bench.sweep.place import Places, RunFolders, placed_config, steps_in
from ukd_bench.sweep.planner import make_plan
from ukd_bench.sweep.prepare import prepare_places
from ukd_bench.sweep.videos import sweep_data

from .left_runs import state_of
from .planned import AXES, run_of

METHODS = ('chain', 'ensemble', 'self', 'two_stream_rgb_flow', 'ukd')


@contextlib.contextmanager
def no_bar(what):
    yield lambda done, total: None


@pytest.fixture
def plan(tmp_path, small_videos, monkeypatch):
    monkeypatch.chdir(tmp_path)
    axes = replace(AXES, methods=METHODS, num_teachers=(1, 2))
    data = sweep_data(Dataset('mine'), small_videos)
    return make_plan(axes, data, 'cafe', 'cpu', str(tmp_path / 'results' / 'pool.json'))


def prepare(plan, budget_gib: float = 1.0) -> tuple[Places, list[str]]:
    said: list[str] = []
    return prepare_places(plan, budget_gib, no_bar, said.append), said


def test_a_plan_stays_as_its_keys_were_made_from_it(plan, small_videos, tmp_path):
    before = copy.deepcopy(plan)
    places, said = prepare(plan)
    assert said == [] and places.flow and places.cache
    state = state_of(tmp_path / 'results', plan)
    folders = RunFolders(state, places)
    for run in plan.runs.values():
        folders.prepare(run)
    folders.write_pool()
    assert list(before.runs) == list(plan.runs)
    for key, run in plan.runs.items():
        assert run.spec == before.runs[key].spec
        assert run.config.to_dict() == before.runs[key].config.to_dict()
        assert not any('cache' in step for step in steps_in(run.config, OPEN_VIDEO))
    for old, new in zip(before.pool, plan.pool, strict=True):
        assert [one.config.to_dict() for one in old[1:]] == [
            one.config.to_dict() for one in new[1:]
        ]
    # While what runs read has the places.
    written = [Config.fromfile(state.own_folder(run).config) for run in plan.runs.values()]
    caches = {step.cache for config in written for step in steps_in(config, OPEN_VIDEO)}
    assert caches == {str(folder.resolve()) for folder in places.cache.values()}
    assert all(Path(folder).is_dir() for folder in caches)


def test_a_step_of_flow_is_told_its_folder_unless_it_says_so_itself(plan, small_videos):
    places, _ = prepare(plan, budget_gib=0)
    assert places.cache == {}
    (folder,) = places.flow.values()
    run = run_of(plan, 'two_stream_rgb_flow')
    placed = placed_config(run, plan, None, places)
    roots = {step['flow_root'] for step in steps_in(placed, OPEN_FLOW)}
    assert roots == {str(folder.resolve())} and (folder / 'flow.json').is_file()

    own = replace(run, shared=run.config)
    for step in steps_in(own.shared, OPEN_FLOW):
        step['flow_root'] = '/mine'
    placed = placed_config(own, plan, None, places)
    assert {step['flow_root'] for step in steps_in(placed, OPEN_FLOW)} == {'/mine'}

    by_path = replace(run, shared=run.config)
    for step in steps_in(by_path.shared, OPEN_FLOW):
        step['type'] = 'ukd_bench.data.flow.open_flow.OpenFlow'
    placed = placed_config(by_path, plan, None, places)
    assert {step['flow_root'] for step in steps_in(placed, OPEN_FLOW)} == roots


def test_frames_without_room_are_not_cached_and_that_is_said(plan, small_videos):
    plan = replace(plan, runs={run.spec.key: run for run in [run_of(plan, 'ukd', 1)]})
    places, (line,) = prepare(plan, budget_gib=1e-6)
    assert places == Places()
    assert line.startswith('videos are decoded at every epoch: cached they would take 0.0 GiB; ')


def test_flow_that_takes_weights_is_not_made(plan, small_videos):
    run = run_of(plan, 'two_stream_rgb_flow')
    for step in steps_in(run.shared, OPEN_FLOW):
        step['algorithm'] = 'raft'
    with pytest.raises(ConfigError, match='OpenFlow: a sweep makes no raft flow; make it with'):
        prepare(plan)

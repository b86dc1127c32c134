"""Making flow: what it says of a moving square, and what a call finds when it comes again."""

import json
import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

from ukd_bench.data import making
from ukd_bench.data.flow import format as flow_format, make as flow_module
from ukd_bench.data.flow.algorithms import brightening, estimator
from ukd_bench.data.flow.format import (
    FlowFrames,
    decode,
    encode,
    flow_folder,
    num_fields,
    read_manifest,
    totals,
)
from ukd_bench.data.flow.make import make_flow
from ukd_bench.data.flow.settings import FlowSettings
from ukd_bench.errors import ConfigError, DataError

from ..moving_square import SIDE, START, STEP, film, square_frames

SETTINGS = FlowSettings('farneback', bound=8)
VIDEOS = ('Run/Run_1_1.avi', 'Run/Run_1_2.avi', 'Walk/Walk_1_1.avi')


@pytest.fixture
def root(tmp_path):
    """Three videos of a moving square below ``Run`` and ``Walk``."""
    root = tmp_path / 'videos'
    for number, name in enumerate(VIDEOS):
        film(root / name, square_frames(3 + number))
    return root


def contents(out):
    return {
        str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob('flow_*.jpg'))
    }


def never(*arguments):
    raise AssertionError(f'called with {arguments}')


@pytest.mark.parametrize('algorithm', ['farneback', 'tvl1'])
def test_a_square_moves_as_it_was_moved(algorithm, tmp_path):
    film(tmp_path / 'A/a.avi', square_frames())
    make_flow(tmp_path, tmp_path / 'flow', ['A/a.avi'], FlowSettings(algorithm, bound=8))
    fields = decode(FlowFrames(tmp_path / 'flow/A/a', 3).take(range(3)), 8)
    assert len(fields) == 3
    for number, field in enumerate(fields):
        left, top = START + STEP[0] * number, START + STEP[1] * number
        rim = SIDE // 4
        inside = field[top + rim : top + SIDE - rim, left + rim : left + SIDE - rim]
        assert np.abs(np.median(inside, axis=(0, 1)) - STEP).max() < 0.3
        assert np.abs(np.median(field[:12], axis=(0, 1))).max() < 0.1


@pytest.mark.parametrize('algorithm', ['farneback', 'tvl1'])
def test_a_mirrored_video_has_the_mirrored_flow(algorithm):
    estimate = estimator(FlowSettings(algorithm), None, 'cpu')
    first, second = square_frames(2)
    seen, mirrored = (
        estimate.between(*(estimate.prepare(np.ascontiguousarray(frame)) for frame in pair))
        for pair in ((first, second), (first[:, ::-1], second[:, ::-1]))
    )
    turned = mirrored[:, ::-1] * (-1, 1)
    assert np.abs(turned - seen).mean() < 0.1
    codes, turned_codes = (encode(field, 8).astype(int) for field in (seen, mirrored[:, ::-1]))
    turned_codes[..., 0] = 255 - turned_codes[..., 0]
    assert np.median(np.abs(turned_codes - codes)) <= 1


def test_codes_by_hand():
    field = np.array([[-9, -8], [0, 4], [8, 100]], np.float32).reshape(3, 1, 2)
    codes = encode(field, 8)
    assert codes.dtype == np.uint8
    assert codes.reshape(3, 2).tolist() == [[0, 0], [128, 191], [255, 255]]
    steps = np.linspace(-8, 8, 1001)
    assert np.abs(decode(encode(steps, 8), 8) - steps).max() <= 8 / 255 + 1e-5


def test_gamma_brightens_as_the_networks_do():
    table = brightening(2.5)
    assert table[[0, 10, 255]].tolist() == [0, round(255 * (10 / 255) ** 0.4), 255]
    assert (brightening(1) == np.arange(256)).all()


def test_the_manifest_says_how_it_came_about(root, tmp_path):
    seen = []
    out = tmp_path / 'flow'
    manifest = make_flow(root, out, VIDEOS, SETTINGS, progress=lambda *done: seen.append(done))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    stored = read_manifest(out)
    assert manifest == stored | totals(stored, stored['clips'])
    assert stored == json.loads((out / 'flow.json').read_text())
    assert manifest['settings'] == SETTINGS.to_dict()
    assert [entry['fields'] for entry in manifest['clips'].values()] == [2, 3, 4]
    assert manifest['fields'] == 9
    files = contents(out)
    assert len(files) == 18 and manifest['bytes'] == sum(map(len, files.values()))
    assert manifest['compute_s'] > 0
    assert str(tmp_path) not in (out / 'flow.json').read_text()
    assert not list(out.rglob('.*.partial')) and not (out / '.flow.json').exists()


def test_one_frame_has_one_field_without_motion(tmp_path):
    film(tmp_path / 'A/a.avi', square_frames(1))
    manifest = make_flow(tmp_path, tmp_path / 'flow', ['A/a.avi'], SETTINGS)
    assert manifest['clips']['A/a']['fields'] == num_fields(1) == 1
    assert (FlowFrames(tmp_path / 'flow/A/a', 1).take([0, 0]) == 128).all()


def test_what_is_complete_is_neither_computed_nor_hashed_again(root, tmp_path, monkeypatch):
    out = tmp_path / 'flow'
    first = make_flow(root, out, VIDEOS, SETTINGS)
    monkeypatch.setattr(flow_module, 'make_clip', never)
    monkeypatch.setattr(making, 'file_sha256', never)
    assert make_flow(root, out, VIDEOS, SETTINGS) == first


def test_a_touched_video_is_hashed_and_not_computed(root, tmp_path, monkeypatch):
    out = tmp_path / 'flow'
    make_flow(root, out, VIDEOS, SETTINGS)
    os.utime(root / VIDEOS[0], ns=(1, 1))
    monkeypatch.setattr(flow_module, 'make_clip', never)
    manifest = make_flow(root, out, VIDEOS, SETTINGS)
    assert manifest['clips']['Run/Run_1_1']['source']['mtime_ns'] == 1


def test_a_changed_video_is_computed_anew(root, tmp_path):
    out = tmp_path / 'flow'
    before = make_flow(root, out, VIDEOS, SETTINGS)
    old = contents(out)
    film(root / VIDEOS[2], square_frames(3, step=(0, 1)))
    after = make_flow(root, out, VIDEOS, SETTINGS)
    assert after['clips']['Walk/Walk_1_1'] != before['clips']['Walk/Walk_1_1']
    for name in ('Run/Run_1_1', 'Run/Run_1_2'):
        assert after['clips'][name] == before['clips'][name]
    new = contents(out)
    changed = {name for name in new if new[name] != old[name]}
    assert changed and all(name.startswith('Walk/') for name in changed)
    # The old video had more frames.
    assert len(list((out / 'Walk/Walk_1_1').glob('flow_x_*.jpg'))) == 2


def test_flow_of_another_version_is_computed_anew(root, tmp_path, monkeypatch):
    out = tmp_path / 'flow'
    before = make_flow(root, out, VIDEOS, SETTINGS)
    assert {entry['version'] for entry in before['clips'].values()} == {1}
    # Entries of the first version stated none at first.
    manifest = json.loads((out / 'flow.json').read_text())
    for entry in manifest['clips'].values():
        del entry['version']
    (out / 'flow.json').write_text(json.dumps(manifest))
    with monkeypatch.context() as patch:
        patch.setattr(flow_module, 'make_clip', never)
        make_flow(root, out, VIDEOS, SETTINGS)
    monkeypatch.setattr(flow_module, 'FLOW_VERSION', 2)
    monkeypatch.setattr(flow_format, 'FLOW_VERSION', 2)
    after = make_flow(root, out, VIDEOS, SETTINGS)
    assert {entry['version'] for entry in after['clips'].values()} == {2}


KILLED = """
import os, sys
from pathlib import Path
from ukd_bench.data.flow import make
from ukd_bench.data.flow.settings import FlowSettings
left = int(sys.argv[3])
def write_field(*arguments):
    global left
    left -= 1
    if left < 0:
        os._exit(9)
    return original(*arguments)
original, make.write_field = make.write_field, write_field
make.make_flow(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[4:], FlowSettings('farneback', 8))
"""


@pytest.mark.parametrize('written', [0, 1, 2, 4, 8])
def test_a_killed_call_is_completed_by_the_next(root, tmp_path, written, monkeypatch):
    make_flow(root, tmp_path / 'whole', VIDEOS, SETTINGS)
    out = tmp_path / 'flow'
    command = [sys.executable, '-c', KILLED, str(root), str(out), str(written), *VIDEOS]
    assert subprocess.run(command).returncode == 9
    assert read_manifest(out) is None
    made = []
    original = flow_module.make_clip
    monkeypatch.setattr(
        flow_module, 'make_clip', lambda *job: made.append(job[-1]) or original(*job)
    )
    manifest = make_flow(root, out, VIDEOS, SETTINGS)
    assert len(made) == {0: 3, 1: 3, 2: 2, 4: 2, 8: 1}[written]
    assert contents(out) == contents(tmp_path / 'whole')
    assert not list(out.rglob('.*.partial'))
    assert manifest['fields'] == 9


def test_a_call_killed_between_a_changed_clip_and_the_manifest(root, tmp_path, monkeypatch):
    out = tmp_path / 'flow'
    make_flow(root, out, VIDEOS, SETTINGS)
    film(root / VIDEOS[0], square_frames(4, step=(0, 1)))
    with monkeypatch.context() as patch:
        patch.setattr(making, 'write_json', _failing_at('flow.json'))
        with pytest.raises(KeyboardInterrupt):
            make_flow(root, out, VIDEOS, SETTINGS)
    monkeypatch.setattr(flow_module, 'make_clip', never)
    assert make_flow(root, out, VIDEOS, SETTINGS)['clips']['Run/Run_1_1']['fields'] == 3


def _failing_at(name):
    def write(path, value):
        if path.name == name:
            raise KeyboardInterrupt
        path.write_text(json.dumps(value))

    return write


def test_videos_that_are_not_asked_for_stay(root, tmp_path, monkeypatch):
    out = tmp_path / 'flow'
    make_flow(root, out, VIDEOS[:2], SETTINGS)
    manifest = make_flow(root, out, VIDEOS[1:], SETTINGS)
    assert list(manifest['clips']) == [flow_folder(name) for name in VIDEOS]
    # Of the two that were asked for.
    assert manifest['fields'] == 7
    monkeypatch.setattr(flow_module, 'make_clip', never)
    assert make_flow(root, out, VIDEOS[:1], SETTINGS)['clips'] == manifest['clips']
    # What was taken away is forgotten with the next clip that is made.
    shutil.rmtree(out / 'Run/Run_1_2')
    monkeypatch.undo()
    film(root / VIDEOS[2], square_frames(3))
    manifest = make_flow(root, out, [VIDEOS[0], VIDEOS[2]], SETTINGS)
    assert list(manifest['clips']) == ['Run/Run_1_1', 'Walk/Walk_1_1']


def test_processes_change_no_bit(root, tmp_path):
    one = make_flow(root, tmp_path / 'one', VIDEOS, SETTINGS, workers=1)
    two = make_flow(root, tmp_path / 'two', VIDEOS, SETTINGS, workers=2)
    assert contents(tmp_path / 'one') == contents(tmp_path / 'two')
    assert list(one['clips']) == list(two['clips']) == [flow_folder(name) for name in VIDEOS]


def test_an_interrupt_waits_for_the_clips_at_hand_alone(tmp_path):
    videos = [f'Run/Run_1_{number}.avi' for number in range(12)]
    film(tmp_path / videos[0], square_frames(3))
    for video in videos[1:]:
        shutil.copy(tmp_path / videos[0], tmp_path / video)

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_flow(tmp_path, tmp_path / 'flow', videos, SETTINGS, 2, interrupt)
    assert 1 <= len(list((tmp_path / 'flow').glob('*/*/.flow.json'))) < len(videos)


def test_other_parameters_are_refused_in_one_line(root, tmp_path):
    out = tmp_path / 'flow'
    make_flow(root, out, VIDEOS[:1], SETTINGS)
    for settings, message in (
        (FlowSettings('farneback', bound=9), 'bound 8, not 9;'),
        (FlowSettings('farneback', 8, gamma=2), 'gamma 1.0, not 2;'),
        (FlowSettings('tvl1', 8), "algorithm 'farneback', not 'tvl1';"),
        (FlowSettings('farneback', 8, short_side=36), 'short_side None, not 36;'),
    ):
        with pytest.raises(DataError, match=f'flow: holds flow with {message} name another'):
            make_flow(root, out, VIDEOS, settings)


def test_unfinished_flow_of_other_parameters_is_refused_too(root, tmp_path):
    make_flow(root, tmp_path / 'flow', VIDEOS[:1], SETTINGS)
    (tmp_path / 'flow/flow.json').rename(tmp_path / 'flow/.flow.json')
    with pytest.raises(DataError, match='bound 8, not 9'):
        make_flow(root, tmp_path / 'flow', VIDEOS, FlowSettings('farneback', 9))


def test_what_cannot_be_used_is_named(root, tmp_path):
    other = tmp_path / 'other'
    other.mkdir()
    (other / 'thesis.tex').write_text('')
    with pytest.raises(DataError, match='other: not empty and not optical flow'):
        make_flow(root, other, VIDEOS, SETTINGS)
    with pytest.raises(DataError, match=r'thesis\.tex: not a folder'):
        make_flow(root, other / 'thesis.tex', VIDEOS, SETTINGS)
    with pytest.raises(DataError, match=r'Run_9\.avi: cannot be read'):
        make_flow(root, tmp_path / 'flow', ['Run/Run_9.avi'], SETTINGS)
    shutil.copy(root / VIDEOS[0], root / 'Run/Run_1_1.mp4')
    with pytest.raises(DataError, match='would share the flow folder Run/Run_1_1'):
        make_flow(root, tmp_path / 'flow', [*VIDEOS, 'Run/Run_1_1.mp4'], SETTINGS)
    whole = (root / VIDEOS[1]).read_bytes()
    (root / VIDEOS[1]).write_bytes(whole[: len(whole) // 2])
    for workers in (1, 2):
        with pytest.raises(DataError, match=r'Run_1_2\.avi: cannot be decoded \(truncated'):
            make_flow(root, tmp_path / 'flow', VIDEOS, SETTINGS, workers)


def test_settings_that_cannot_be_used():
    for options, message in (
        (dict(algorithm='horn'), "flow algorithm 'horn' is none of farneback, tvl1, raft"),
        (dict(bound=0), r'flow: bound = 0 is not in \[0.1, 1000\]'),
        (dict(gamma=50), 'flow: gamma = 50'),
        (dict(short_side=2), 'short_side = 2 is less than 8'),
    ):
        with pytest.raises(ConfigError, match=message):
            FlowSettings(**options)


def test_opencv_without_its_contributed_modules(monkeypatch):
    monkeypatch.delattr(cv2, 'optflow')
    with pytest.raises(ConfigError, match='this OpenCV has no TV-L1 flow: install opencv-contrib'):
        estimator(FlowSettings('tvl1'), None, 'cpu')

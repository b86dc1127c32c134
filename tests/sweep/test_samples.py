"""Frames of test clips that a sweep on synthetic videos leaves for its report."""

import base64
import json

import cv2
import numpy as np
import pytest

from ukd_bench.records.samples import read_samples
from ukd_bench.report.doubts import doubts
from ukd_bench.report.figures.gallery import draw_all
from ukd_bench.results.load import load_sweep
from ukd_bench.results.samples import load_samples


def pixels(frame):
    return cv2.imdecode(np.frombuffer(base64.b64decode(frame), np.uint8), cv2.IMREAD_COLOR)


@pytest.fixture
def samples(finished_sweep):
    return read_samples(finished_sweep.results / 'samples.json')


def test_the_rows_are_the_twin_the_student_and_the_pool(finished_sweep, samples):
    told = [(row['seen_by'], row['name']) for row in samples['rows']]
    assert told == [
        ('bright', 'The same, well lit'),
        ('student', 'i3d-r18-w8'),
        ('teacher', 'i3d-gamma1.8'),
        ('teacher', 'slowonly-gamma2.5'),
    ]
    keys = [finished_sweep.record('plain')['key']]
    keys += [finished_sweep.record('teacher', teacher=name)['key'] for _, name in told[2:]]
    assert [row['run'] for row in samples['rows']] == [None, *keys]
    assert {len(row['frames']) for row in samples['rows']} == {len(samples['clips'])} == {5}
    # Classes from the first to the last, and no clip twice.
    labels = [clip['label'] for clip in samples['clips']]
    assert labels == sorted(set(labels)) and (labels[0], labels[-1]) == (0, 10)


def test_frames_are_what_enhancements_make(samples):
    bright, dark, low, high = (
        np.mean([pixels(frame).mean() for frame in row['frames']]) for row in samples['rows']
    )
    assert dark < 20 and dark < low < high and bright > 2 * dark
    # The same crop of the same frame: gamma keeps the order of intensities.
    first, brighter = (pixels(samples['rows'][row]['frames'][0]).astype(float) for row in (1, 2))
    expected = 255 * (first / 255) ** (1 / 1.8)
    assert np.abs(brighter - expected).max() <= 1


def test_what_networks_say_is_in_their_scores(finished_sweep):
    sweep = load_sweep(finished_sweep.results)
    told = load_samples(sweep)
    assert [*told.said] == ['Plain', 'UKD, K = 2', 'Ensemble of 2'] and told.seed == 0
    with np.load(finished_sweep.run_folder(finished_sweep.record('plain')) / 'scores.npz') as saved:
        best = dict(zip(saved['samples'], saved['scores'].argmax(axis=1), strict=True))
    clips = read_samples(finished_sweep.results / 'samples.json')['clips']
    names = sweep.dataset['classes']
    assert list(told.said['Plain']) == [names[best[clip['path']]] for clip in clips]
    assert (finished_sweep.report / 'figures' / 'samples.svg').read_text().count('<image') == 20


def test_they_are_made_once_for_each_set_of_networks(finished_sweep, tmp_path):
    sweep = finished_sweep.copy_to(tmp_path / 'copy')
    path = sweep.results / 'samples.json'
    before, made = path.read_bytes(), path.stat().st_mtime_ns
    assert sweep.call().returncode == 0
    assert path.stat().st_mtime_ns == made
    # One that was edited is made anew, and is what it was.
    path.write_text(path.read_text().replace('well lit', 'ill lit'))
    assert sweep.call().returncode == 0
    assert path.read_bytes() == before


def test_frames_of_other_networks_and_damaged_ones_are_not_shown(finished_sweep, tmp_path):
    sweep = finished_sweep.copy_to(tmp_path / 'copy')
    path = sweep.results / 'samples.json'
    plan = json.loads((sweep.results / 'plan.json').read_text())
    keys = {row['key'] for row in plan['runs'] if row['method'] in ('plain', 'teacher')}
    loaded = load_sweep(sweep.results)
    others = {run.key: run for run in loaded.runs if run.key not in keys}
    object.__setattr__(loaded, 'runs', tuple(others.values()))
    assert load_samples(loaded) is None
    text = path.read_text()
    path.write_text(text.replace('well lit', 'ill lit'))
    edited = load_sweep(sweep.results)
    (doubt,) = [one for one in doubts(edited, '') if 'sample frames' in one.text]
    told = 'samples.json: edited or damaged, its digest is not that of its content'
    assert told in doubt.text and str(tmp_path) not in doubt.text
    assert 'samples' not in [drawing.name for drawing in draw_all(edited)]
    path.unlink()
    assert load_samples(load_sweep(sweep.results)) is None

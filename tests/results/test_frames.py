import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.results import load, load_clips
from ukd_bench.results.__main__ import main

MIB = 1024**2
END = 'r2plus1d-r18-w8'


@pytest.fixture
def results(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0, 1))
    made.lose(f'plain-{END}-1', 'failed', 'RuntimeError: no')
    return made.write(tmp_path / 'results')


def row(frame, key):
    (found,) = (one for _, one in frame[frame.key == key].iterrows())
    return found


def test_a_row_a_run_with_its_figures(results):
    frame = load(results)
    assert len(frame) == 4 + 4 + 1 + 2 * 10
    found = row(frame, f'ukd2-{END}-0')
    assert found.title == 'UKD' and found.method == 'ukd'
    assert (found.num_teachers, found.seed, found.top1) == (2, 0, 0.65)
    assert (found.train_peak_bytes, found.pipeline_peak_bytes) == (30 * MIB, 30 * MIB)
    assert (found.wall_s, found.pipeline_s) == (100, 330)
    assert (found.rule, found.bank_bytes) == ('mean_probability', 1_280_000)
    assert (found.device, found.device_kind) == ('Made-up CPU', 'cpu')


def test_what_was_not_measured_is_missing(results):
    frame = load(results)
    lost = row(frame, f'plain-{END}-1')
    assert (lost.status, lost.problem) == ('failed', 'RuntimeError: no')
    assert lost[['top1', 'train_peak_bytes', 'wall_s', 'device']].isna().all()
    plain = row(frame, f'plain-{END}-0')
    assert plain[['fill_s', 'rule', 'divergence', 'teacher', 'problem']].isna().all()


def test_several_sweeps_stand_below_each_other(made_up, results, tmp_path):
    other = made_up.MadeUpSweep(seeds=(0,)).write(tmp_path / 'other')
    frame = load(results, str(other))
    assert frame.index.is_unique and len(frame) == 29 + 19
    assert frame.groupby('results').size().to_dict() == {str(results): 29, str(other): 19}
    assert set(frame.sweep) == {'made-up'}
    assert frame.dtypes.equals(load(other).dtypes)


def test_scores_are_a_row_a_run_and_clip(results):
    runs, clips = load(results), load_clips(results)
    scored = runs[runs.top1.notna()]
    assert len(clips) == 80 * len(scored) > 0
    means = clips.groupby('key').correct.mean()
    for key, top1 in zip(scored.key, scored.top1, strict=True):
        assert means[key] == top1
    one = clips[clips.key == f'ukd2-{END}-0']
    assert (one.correct == (one.label == one.predicted)).all()
    assert one.video.is_monotonic_increasing
    assert np.allclose(one[['p_Drink', 'p_Jump', 'p_Push', 'p_Wave']].sum(axis=1), 1)
    assert {*one.title} == {'UKD'} and {*one.num_teachers} == {2}


def test_sweeps_without_scores_have_no_rows(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    for key in made.records:
        made.lose(key, 'failed', 'no')
    clips = load_clips(made.write(tmp_path))
    assert len(clips) == 0 and 'key' in clips


def test_no_sweep(tmp_path):
    with pytest.raises(ResultsError, match='no such results folder'):
        load(tmp_path / 'none')


def test_export(results, tmp_path, capsys):
    target = tmp_path / 'runs.csv'
    assert main(['export', str(results), '--csv', str(target)]) == 0
    assert '29 runs' in capsys.readouterr().out
    written, frame = pd.read_csv(target), load(results)
    assert list(written) == list(frame)
    assert written.top1.sum() == pytest.approx(frame.top1.sum())
    assert main(['export', str(tmp_path / 'none'), '--csv', str(target)]) == 2
    assert 'no such results folder' in capsys.readouterr().err


def test_the_room_is_light():
    code = 'import sys, ukd_bench.results; print(*{"pandas", "numpy", "scipy"} & {*sys.modules})'
    answer = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert (answer.stdout.strip(), answer.returncode) == ('', 0)

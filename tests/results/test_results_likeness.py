import numpy as np
import pytest

from ukd_bench.results.likeness import divergence_from, likeness
from ukd_bench.results.loading import load_sweep

END = 'r2plus1d-r18-w8'


def give(sweep, key, scores_NC, samples=('a', 'b')):
    """Puts test scores into a run's folder."""
    scores_NC = np.array(scores_NC, np.float32)
    labels = np.zeros(len(scores_NC), int)
    path = sweep.by_key[key].paths.scores
    np.savez(path, scores=scores_NC, labels=labels, samples=np.array(samples))


@pytest.fixture
def sweep(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0, 1))
    loaded = load_sweep(made.write(tmp_path))
    names = [run.key for run in loaded.runs if run.method == 'teacher'][:2]
    give(loaded, names[0], [[1, 0], [0.5, 0.5]])
    give(loaded, names[1], [[0.5, 0.5], [0.5, 0.5]])
    for seed in (0, 1):
        give(loaded, f'plain-{END}-{seed}', [[0.5, 0.5], [0.25, 0.75]])
        # In another order of clips.
        give(loaded, f'ukd2-{END}-{seed}', [[0.5, 0.5], [0.75, 0.25]], samples=('b', 'a'))
    return loaded


def cell_of(sweep, method, k):
    (cell,) = (c for c in sweep.cells() if c.method == method and c.num_teachers == k and c.student)
    return cell


def test_divergence_by_hand(sweep):
    found = likeness(cell_of(sweep, 'ukd', 2), sweep)
    # The teachers' mean is (3/4, 1/4) and (1/2, 1/2), which the student says itself.
    plain = (0.75 * np.log(0.75 / 0.5) + 0.25 * np.log(0.25 / 0.5)) / 2
    plain += (0.5 * np.log(0.5 / 0.25) + 0.5 * np.log(0.5 / 0.75)) / 2
    assert found.student.mean == pytest.approx(0, abs=1e-7)
    assert found.plain.mean == pytest.approx(plain, rel=1e-6)
    assert found.difference.mean == pytest.approx(-plain, rel=1e-6)
    assert found.difference.half_width == pytest.approx(0, abs=1e-7)


def test_a_probability_of_zero_is_not_infinite(sweep):
    give(sweep, f'plain-{END}-0', [[0, 1], [0, 1]])
    found = likeness(cell_of(sweep, 'ukd', 2), sweep)
    assert np.isfinite(found.plain.mean) and found.plain.mean > 1


def test_without_teachers_or_scores_there_is_none(sweep):
    assert likeness(cell_of(sweep, 'plain', 0), sweep) is None
    # Teachers of the made-up sweep that were given no such scores have other clips.
    assert likeness(cell_of(sweep, 'ukd', 4), sweep) is None
    ukd = sweep.by_key[f'ukd2-{END}-0']
    assert divergence_from([], ukd) is None
    sweep.by_key[f'plain-{END}-0'].paths.scores.unlink()
    assert likeness(cell_of(sweep, 'ukd', 2), sweep).student.half_width is None

import numpy as np
import pytest

from ukd_bench.results.calibration import calibration, reliability_bins
from ukd_bench.results.scores import Scores


def scores(*rows, labels):
    return Scores(np.array(rows, np.float32), np.array(labels), np.arange(len(rows)).astype(str))


def test_by_hand():
    # Two clips of confidence 0.65, one right; one of 0.95 that is right.
    made = scores([0.65, 0.35], [0.35, 0.65], [0.05, 0.95], labels=[0, 0, 1])
    found = calibration(made)
    assert found.confidence == pytest.approx((0.65 + 0.65 + 0.95) / 3)
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.error == pytest.approx((2 * 0.15 + 0.05) / 3)
    assert found.log_loss == pytest.approx(-np.log([0.65, 0.35, 0.95]).mean())
    bins = reliability_bins(made)
    assert bins['bin'].tolist() == [6, 9] and bins['clips'].tolist() == [2, 1]
    assert bins['accuracy'].tolist() == [0.5, 1.0]


def test_sure_and_right_has_no_error_and_sure_and_wrong_no_infinite_loss():
    sure = calibration(scores([1.0, 0.0], [0.0, 1.0], labels=[0, 1]))
    assert (sure.error, sure.log_loss) == (0, 0)
    wrong = calibration(scores([1.0, 0.0], labels=[1]))
    assert wrong.error == 1 and np.isfinite(wrong.log_loss)


def test_bins_are_over_the_clips_of_all_runs():
    one, two = scores([0.65, 0.35], labels=[0]), scores([0.68, 0.32], labels=[1])
    (row,) = reliability_bins(one, two).to_dict('records')
    assert (row['clips'], row['accuracy']) == (2, 0.5)
    assert row['confidence'] == pytest.approx(0.665)

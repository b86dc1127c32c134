import numpy as np
import pytest

from ukd_bench.data.arid.dataset import ARIDDataset
from ukd_bench.data.arid.label_noise import with_noise
from ukd_bench.errors import ConfigError

LABELS = [n % 11 for n in range(264)]


def test_a_share_of_the_labels_is_wrong_and_the_others_are_not():
    noisy = with_noise(LABELS, 0.4, 11, seed=0)
    wrong = np.not_equal(noisy, LABELS)
    assert wrong.sum() == 106
    assert {*noisy} <= {*range(11)}
    # All other classes are alike likely: with 10 of them, each shift comes about ten times.
    shifts = np.bincount((np.subtract(noisy, LABELS) % 11)[wrong], minlength=11)
    assert shifts[0] == 0 and shifts[1:].min() > 0 and shifts.max() < 30


def test_the_draws_follow_from_the_seed():
    first, again, other = (with_noise(LABELS, 0.4, 11, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert with_noise(LABELS, 0.0, 11, 0) == LABELS


@pytest.mark.parametrize(('share', 'classes'), [(-0.1, 11), (1.0, 11), (0.5, 1)])
def test_what_cannot_be_is_refused(share, classes):
    with pytest.raises(ConfigError, match='label_noise'):
        with_noise([0, 0], share, classes, 0)


def test_training_clips_alone_get_wrong_labels_and_stay_the_same_clips(dark_root):
    def dataset(**changes):
        return ARIDDataset(**dict(data_root=str(dark_root), pipeline=[]) | changes)

    clean, noisy = dataset(), dataset(label_noise=0.4, label_seed=3)
    labels = [
        [one.get_data_info(index)['label'] for index in range(len(one))] for one in (clean, noisy)
    ]
    assert labels[1] == with_noise(labels[0], 0.4, 11, 3) != labels[0]
    assert clean.fingerprint() == noisy.fingerprint()
    with pytest.raises(ConfigError, match=r'label_noise = 0\.4: nothing is tested'):
        dataset(subset='test', test_mode=True, label_noise=0.4)

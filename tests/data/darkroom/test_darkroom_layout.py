import dataclasses
from collections import Counter

import numpy as np
import pytest

from ukd_bench.data.arid.facts import SPLITS
from ukd_bench.data.darkroom.layout import clips_of, draw_length, groups_tested, shares
from ukd_bench.data.darkroom.spec import PRESETS
from ukd_bench.errors import DataError

FULL = PRESETS['full']


@pytest.mark.parametrize('preset', ['quick', 'full', 'tiny'])
def test_class_and_group_pairs_of_train_and_test_are_disjoint(preset):
    clips = clips_of(PRESETS[preset])
    assert len({clip.path for clip in clips}) == len(clips)
    for place in range(len(SPLITS)):
        pairs = {'train': set(), 'test': set(), 'other': set()}
        for clip in clips:
            pairs[clip.subsets[place]].add((clip.label, clip.group))
        assert pairs['train'] and pairs['test']
        assert not pairs['train'] & pairs['test']
        assert pairs['other'] <= pairs['test']
        assert {label for label, _ in pairs['train']} == {label for label, _ in pairs['test']}


def test_quick_has_the_clips_it_always_had():
    clips = clips_of(PRESETS['quick'])
    assert Counter(clip.subsets[0] for clip in clips) == {'train': 264, 'test': 132}
    assert clips[0].path == 'Drink/Drink_1_1.avi' and clips[-1].path == 'Wave/Wave_18_2.avi'
    assert clips_of(dataclasses.replace(PRESETS['quick'], clips=396)) == clips


def test_full_has_the_class_balance_and_the_shares_of_arid():
    clips = clips_of(FULL)
    assert len(clips) == 5572
    counts = Counter(clip.label for clip in clips)
    arid = (338, 357, 205, 372, 475, 339, 234, 237, 413, 448, 366)
    for label, count in enumerate(arid):
        assert abs(counts[label] - count * 5572 / 3784) < 1
    for place in range(len(SPLITS)):
        share = Counter(clip.subsets[place] for clip in clips)
        for subset, expected in (('train', 2288), ('test', 823), ('other', 673)):
            assert share[subset] / 5572 == pytest.approx(expected / 3784, abs=0.012)


def test_splits_test_other_groups():
    tested = [groups_tested(FULL, split) for split in SPLITS]
    assert tested[0] == set(range(24, 39))
    assert all(len(groups) == 15 for groups in tested)
    assert not tested[0] & tested[1] and not tested[1] & tested[2]


def test_any_number_of_clips_is_spread_over_classes_and_groups():
    for total in (33, 100, 397, 1000):
        clips = clips_of(dataclasses.replace(PRESETS['quick'], clips=total))
        assert len(clips) == total
        counts = Counter((clip.label, clip.group) for clip in clips)
        assert max(counts.values()) - min(counts.values()) <= 1
    with pytest.raises(DataError, match=r'clips is 32, too few for every class .*: 33 do'):
        clips_of(dataclasses.replace(PRESETS['quick'], clips=32))


def test_largest_remainders():
    assert shares(10, [1, 1, 1]) == [4, 3, 3]
    assert shares(7, [5, 3, 1]) == [4, 2, 1]
    assert sum(shares(5572, [338, 357, 205])) == 5572


def test_lengths_have_the_quantiles_of_arid():
    rng = np.random.default_rng(0)
    frames = [draw_length(FULL, rng) for _ in range(20000)]
    assert 33 <= min(frames) <= 34 and 220 < max(frames) <= 225
    found = np.percentile(frames, [5, 25, 50, 75, 95])
    np.testing.assert_allclose(found, [44, 64, 80, 108, 153], atol=1.5)

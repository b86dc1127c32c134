"""The published counts agree with each other."""

from ukd_bench.data.arid.facts import (
    ARID_CLASSES,
    SPLITS,
    SUBSETS,
    V10_CLIPS,
    V10_COUNTS,
    clip_path,
)
from ukd_bench.data.arid.groups import group_of


def test_every_split_lists_every_clip_once():
    assert len(V10_CLIPS) == len(ARID_CLASSES) == 11 and sum(V10_CLIPS) == 3784
    assert {*V10_COUNTS} == {(split, subset) for split in SPLITS for subset in SUBSETS}
    for split in SPLITS:
        listed = zip(*(V10_COUNTS[split, subset] for subset in SUBSETS), strict=True)
        assert tuple(map(sum, listed)) == V10_CLIPS


def test_a_clips_name_carries_its_group():
    assert clip_path('Wave', 3, 12) == 'Wave/Wave_3_12.avi'
    assert group_of(clip_path('Wave', 3, 12)) == 3

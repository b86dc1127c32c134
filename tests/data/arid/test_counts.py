"""The published counts of ARID agree with each other."""

import pytest

from ukd_bench.data.arid.counts import _LISTS, V10_CLIPS
from ukd_bench.data.arid.lists import ARID_CLASSES, SUBSETS


@pytest.mark.parametrize('split', [1, 2, 3])
def test_every_split_divides_all_clips_of_each_class(split):
    lists = [_LISTS['v1.0'][split, subset].per_class for subset in SUBSETS]
    assert tuple(map(sum, zip(*lists, strict=True))) == V10_CLIPS
    assert len(V10_CLIPS) == len(ARID_CLASSES)

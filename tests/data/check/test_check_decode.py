"""Workers that die, hang or fail of one video, and do the others."""

import os
import time

import pytest

from ukd_bench.data.check.decode import faults


def misbehave(path):
    """What a worker does with a file of this name."""
    if path.name.startswith('crash'):
        os.abort()
    if path.name.startswith('hang'):
        time.sleep(60)
    if path.name.startswith('raise'):
        raise RuntimeError('of the decoder')
    return 'bad' if path.name.startswith('bad') else None


@pytest.mark.slow
def test_each_culprit_is_named_and_the_others_are_done(tmp_path):
    names = ['good1', 'crash1', 'bad', 'good2', 'raise', 'crash2', 'hang', 'good3']
    steps = []
    found = faults(
        [tmp_path / name for name in names], 2, lambda *step: steps.append(step), misbehave, 3.0
    )
    assert {path.name: why for path, why in found.items()} == {
        'crash1': 'the decoder crashed on it',
        'crash2': 'the decoder crashed on it',
        'bad': 'bad',
        'raise': 'RuntimeError: of the decoder',
        'hang': 'the decoder did not come to an end in 3 s',
    }
    assert steps == [(done, 8) for done in range(1, 9)]


def test_no_videos_need_no_workers():
    assert faults([], 4) == {}

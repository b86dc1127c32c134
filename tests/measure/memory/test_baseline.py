import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.measure.memory import baseline
from ukd_bench.measure.memory.baseline import track_cell
from ukd_bench.measure.memory.rehearsal.subject import Cell
from ukd_bench.measure.memory.table import predict_cell

from .subjects import small


@pytest.mark.slow
def test_torchs_tracker_follows_the_same_rehearsals(tmp_path, one_thread):
    for cell in (Cell('bank'), Cell('plain')):
        tracked = track_cell(small(), cell, tmp_path / 'tracked')
        predicted = predict_cell(small(), cell, tmp_path / 'predicted')
        assert [row['phase'] for row in tracked] == [row['phase'] for row in predicted]
        for one, other in zip(tracked, predicted, strict=True):
            assert one['error'] is None
            # It hears of tensors alone, not of scratch memory.
            share = one['mem_tracker_peak_bytes'] / other['allocated_peak_bytes']
            assert 0.5 < share < 1.001


def test_what_it_cannot_follow_is_a_row_that_says_why(tmp_path, monkeypatch):
    def refuse(*_):
        raise ConfigError('it cannot')

    monkeypatch.setattr(baseline, 'rehearse_cell', refuse)
    (row,) = track_cell(small(), Cell('plain'), tmp_path)
    assert row['mem_tracker_peak_bytes'] is None and row['phase'] is None
    assert row['error'] == 'it cannot'

import numpy as np
import pytest

from ukd_bench.report.tables.agreement import agreement_table
from ukd_bench.results.agreement import _parts, teacher_parts
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.scores import Scores


def scores(*rows):
    return Scores(np.array(rows, float), np.array([0, 1]), np.array(['a', 'b']))


def test_by_hand():
    right, half = scores([0.9, 0.1], [0.2, 0.8]), scores([0.6, 0.4], [0.7, 0.3])
    first, second = _parts(['first', 'second'], [right, half])
    assert (first.top1, second.top1) == (1.0, 0.5)
    assert first.same_class == {'second': 0.5} and second.same_class == {'first': 0.5}
    assert (first.alone_right, second.alone_right) == (0.5, 0)
    # Together they say 0 (0.75) and 1 (0.55): the shares of what they give to these.
    assert first.share == pytest.approx((0.9 / 1.5 + 0.8 / 1.1) / 2)
    assert first.share + second.share == pytest.approx(1)
    # Without the first, the second clip is wrong; without the second nothing changes.
    assert (first.brings, second.brings) == (0.5, 0)


def test_a_pool_of_one_brings_nothing_to_itself():
    (only,) = _parts(['only'], [scores([0.9, 0.1], [0.2, 0.8])])
    assert only.brings is None and only.share == 1 and only.same_class == {}


def test_the_pool_in_its_order(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    sweep = load_sweep(made.write(tmp_path))
    parts = teacher_parts(sweep, 'default')
    assert [one.name for one in parts] == made_up.POOL
    table = agreement_table(sweep)
    assert [row[0] for row in table.rows] == [
        f'{n}. {one}' for n, one in enumerate(made_up.POOL, 1)
    ]
    assert [column.title for column in table.columns][-4:] == [
        f'With no. {n}, %' for n in range(1, 5)
    ]
    assert table.rows[1][7] == '–', 'none agrees with itself'


def test_scores_of_other_clips_are_not_compared(made_up, tmp_path):
    results = made_up.MadeUpSweep().write(tmp_path)
    folder = next(results.glob(f'teacher-{made_up.POOL[0]}*'))
    with np.load(folder / 'scores.npz') as saved:
        arrays = dict(saved)
    arrays['samples'] = np.array([f'other{n:03d}' for n in range(len(arrays['samples']))])
    np.savez(folder / 'scores.npz', **arrays)
    digest = made_up.file_sha256(folder / 'scores.npz')
    made_up.change_sealed(folder / 'record.json', digest, 'hashes', 'scores')
    assert teacher_parts(load_sweep(results), 'default') == []
    assert agreement_table(load_sweep(results)) is None

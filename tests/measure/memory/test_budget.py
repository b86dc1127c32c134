"""What fits a budget, by method: with a stand-in for predictions, and on a small network."""

import pytest

from tests.measure.memory.small import small_subject
from ukd_bench.errors import ConfigError
from ukd_bench.measure.memory import budget
from ukd_bench.measure.memory.boundary import Need
from ukd_bench.measure.memory.budget import (
    MOST_BATCH,
    MOST_TEACHERS,
    Question,
    answer,
    need_of,
    room_bytes,
    search,
    smallest_card,
)
from ukd_bench.sizes import CARDS, CONTEXT_BYTES, GIB, MIB


def affine(asked):
    """Each clip takes 100 MiB, and each teacher 300 MiB and 50 a clip."""

    def predict(k, clips):
        assert (k, clips) not in asked
        asked.append((k, clips))
        peak = (500 + 300 * k + (100 + 50 * k) * clips) * MIB
        return Need(peak, peak + 100 * MIB)

    return predict


def test_largest_k_and_batch_and_each_cell_once():
    asked = []
    question = Question((8 * GIB, 16 * GIB), num_teachers=4, batch_size=8)
    found = answer('naive', question, affine(asked), 'cpu')
    # 8192 = 500 + 800 + 700 K leaves 9.8 teachers; 8192 = 1700 + 300 clips leaves 21.6 clips.
    assert [(one.teachers.value, one.batch.value) for one in found.answers] == [(9, 21), (21, 48)]
    assert {(9, 8), (10, 8), (4, 21), (4, 22), (21, 8), (22, 8), (4, 48), (4, 49)} <= {*asked}
    assert found.wanted.peak_bytes == (1700 + 300 * 8) * MIB and found.num_cells == len(asked)


def test_on_a_gpu_the_context_is_left_out():
    assert room_bytes(8 * GIB, 'cuda') == 8 * GIB - CONTEXT_BYTES
    assert room_bytes(8 * GIB, 'cpu') == 8 * GIB
    exact = (500 + 800 + 700 * 9) * MIB + CONTEXT_BYTES
    for size, largest in ((exact, 9), (exact - 1, 8)):
        found = answer('naive', Question((size,), 4, 8), affine([]), 'cuda')
        assert found.answers[0].teachers.value == largest


def test_a_method_without_k_and_one_with_a_smallest():
    found = answer('plain', Question((8 * GIB,), 4, 8), affine([]), 'cpu')
    assert (found.num_teachers, found.answers[0].teachers) == (0, None)
    assert found.answers[0].batch.value == 76
    found = answer('mutual', Question((8 * GIB,), 1, 8), affine([]), 'cpu')
    assert found.num_teachers == 2
    tiny = answer('mutual', Question((GIB,), 1, 8), affine([]), 'cpu').answers[0]
    assert (tiny.teachers.value, tiny.teachers.at, tiny.batch.value) == (1, None, 0)


def test_a_method_that_does_not_grow_is_predicted_at_the_largest_k():
    asked = []

    def flat(k, clips):
        asked.append((k, clips))
        return Need(GIB + clips, GIB + clips)

    found = answer('ukd', Question((2 * GIB,), 4, 8), flat, 'cpu')
    assert found.answers[0].teachers.value == MOST_TEACHERS and (MOST_TEACHERS, 8) in asked
    assert found.answers[0].batch.value == MOST_BATCH


def test_the_smallest_card():
    assert smallest_card(Need(GIB, GIB)) == ('rtx2080ti', True)
    fits = round(CARDS['rtx2080ti'] * GIB) - CONTEXT_BYTES
    assert smallest_card(Need(fits, fits + 1)) == ('rtx2080ti', False)
    assert smallest_card(Need(fits + 1, fits + 1)) == ('t4', True)
    assert smallest_card(Need(500 * GIB, 500 * GIB)) is None


def test_what_counts_of_phases_is_reserved_where_that_is_told():
    def row(allocated, reserved, bound):
        return dict(
            allocated_peak_bytes=allocated, reserved_peak_bytes=reserved,
            workspace_bound_bytes=bound,
        )  # fmt: skip

    assert need_of([row(5, 9, 1), row(8, 8, 4)]) == Need(9, 12)
    assert need_of([row(5, None, 1)]) == Need(5, 6)


def test_an_error_is_the_methods_answer(tmp_path, monkeypatch):
    def fails(*_):
        raise ConfigError('config mine.py: aten.nonzero.default')

    monkeypatch.setattr(budget, 'predict_cell', fails)
    found = search(small_subject(tmp_path), 'plain', Question((GIB,), 4, 8), tmp_path / 'scratch')
    assert (found.error, found.answers) == ('config mine.py: aten.nonzero.default', ())


@pytest.mark.slow
def test_both_sides_of_a_real_boundary_were_predicted(tmp_path, monkeypatch):
    cells, predict = {}, budget.predict_cell

    def kept(subject, cell, folder):
        rows = predict(subject, cell, folder)
        cells[cell.method, cell.num_teachers, subject.batch_size] = need_of(rows).peak_bytes
        return rows

    monkeypatch.setattr(budget, 'predict_cell', kept)
    subject = small_subject(tmp_path, device='cpu')
    # At K = 1 the test takes most, and a teacher weighs 2 MB: 30 MB leave room for seven.
    size = 30 * 10**6
    (found,) = search(subject, 'naive', Question((size,), 1, 2), tmp_path / 'scratch').answers
    one, two = cells['naive', 1, 2], cells['naive', 2, 2]
    assert found.teachers.value == 1 + (size - one) // (two - one) == 7
    k, clips = found.teachers.value, found.batch.value
    assert found.teachers.at.peak_bytes == cells['naive', k, 2] <= size < cells['naive', k + 1, 2]
    assert found.batch.at.peak_bytes == cells['naive', 1, clips] <= size
    assert found.batch.beyond.peak_bytes == cells['naive', 1, clips + 1] > size

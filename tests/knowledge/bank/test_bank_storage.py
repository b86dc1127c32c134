import math

import numpy as np
import pytest

from ukd_bench.errors import BankError, ConfigError
from ukd_bench.knowledge.bank.storage import (
    Storage,
    rows_sha256,
    softmax,
    total_variation,
    view_error,
)

from ..made_up_banks import job, scores, write_bank


def kept(storage, values_NC):
    form = Storage.of(storage)
    return form.decode(form.encode(values_NC), values_NC.shape[1])


def test_float32_keeps_every_bit():
    assert np.array_equal(kept('float32', scores()[0]), scores()[0])


def test_float16_rounds_to_within_one_part_in_2048():
    values = scores(samples=1000)[0]
    rounded = kept('float16', values)
    assert rounded.dtype == np.float32
    assert 0 < np.max(np.abs(rounded - values) / np.abs(values)) <= 2**-11
    assert np.array_equal(kept('float16', np.array([[65504.0]], np.float32)), [[65504.0]])


@pytest.mark.parametrize('value', [65505.0, -70000.0])
def test_float16_refuses_what_it_cannot_hold(value):
    with pytest.raises(BankError, match=r"exceeds float16's 65504: use storage 'float32'"):
        Storage.of('float16').encode(np.array([[0.0, value]], np.float32))


@pytest.mark.parametrize('storage', ['float32', 'float16', 'top1'])
@pytest.mark.parametrize('value', [math.nan, math.inf])
def test_scores_that_are_no_numbers_are_refused(storage, value):
    with pytest.raises(BankError, match='not a finite number'):
        Storage.of(storage).encode(np.array([[0.0, value]], np.float32))


def test_the_best_classes_are_kept_best_first_and_of_equals_the_first():
    rows = Storage.of('top2').encode(np.array([[1, 3, 2, 3], [5, 0, 5, 5]], np.float32))
    assert rows['classes'].tolist() == [[1, 3], [0, 2]] and rows['classes'].dtype == np.uint8
    assert rows['scores'].tolist() == [[3, 3], [5, 5]] and rows['scores'].dtype == np.float32
    read = Storage.of('top2').decode(rows, 4)
    assert np.array_equal(read, [[-np.inf, 3, -np.inf, 3], [5, -np.inf, 5, -np.inf]])


@pytest.mark.parametrize(('classes', 'kind'), [(256, 'uint8'), (257, 'uint16'), (70000, 'uint32')])
def test_labels_take_the_smallest_type_that_holds_them(classes, kind):
    values = np.arange(classes, dtype=np.float32)[None]
    rows = Storage.of('top1').encode(values)
    assert rows['classes'].dtype == kind and rows['classes'].tolist() == [[classes - 1]]
    assert Storage.of('top1').layout(1, 1, classes)['classes'] == ((1, 1, 1), np.dtype(kind))


@pytest.mark.parametrize('temperature', [1, 4])
def test_the_softmax_renormalises_and_its_error_is_the_mass_left_out(temperature):
    values = scores(samples=50, classes=20)[0]
    p = softmax(values, temperature)
    q = softmax(kept('top5', values), temperature)
    left_out = np.sort(p, axis=1)[:, :-5].sum(axis=1)
    chosen = q > 0
    assert (chosen.sum(axis=1) == 5).all()
    ratios = np.where(chosen, q / p, np.nan)
    np.testing.assert_allclose(ratios[chosen], np.repeat(1 / (1 - left_out), 5), rtol=1e-12)
    error = total_variation(values, kept('top5', values), temperature)
    np.testing.assert_allclose(error, left_out, rtol=1e-9)


def test_total_variation_by_hand():
    # softmax(log 6, log 3, log 1) = (0.6, 0.3, 0.1); without the last (2/3, 1/3).
    values = np.log(np.array([[6, 3, 1]], np.float32))
    assert total_variation(values, kept('top2', values), 1)[0] == pytest.approx(0.1, abs=1e-7)


def test_the_manifest_has_mean_and_largest_error_over_all_views(tmp_path):
    bank = write_bank(tmp_path, scores(), job('top2'))
    form = Storage.of('top2')
    views = [view_error(form, view, form.encode(view)) for view in scores()]
    for temperature in ('1', '4'):
        error = bank.manifest.error[temperature]
        mean = sum(view[temperature]['mean'] for view in views) / len(views)
        assert error['mean'] == pytest.approx(mean)
        assert error['max'] == max(view[temperature]['max'] for view in views)
        assert 0 < error['mean'] < error['max'] < 1
    assert bank.manifest.error['4']['mean'] > bank.manifest.error['1']['mean']
    assert not bank.keeps_all_classes
    assert write_bank(tmp_path / 'exact', scores(), job()).manifest.error is None


def test_what_was_scored_again_is_compared_with_what_is_kept():
    values = scores(samples=2, classes=6)[0]
    for name in ('float32', 'float16', 'top2'):
        form = Storage.of(name)
        rows = form.encode(values)
        assert form.deviation(rows, values).tolist() == [0, 0]
        changed = values.copy()
        changed[1, values[1].argmax()] += 0.5
        deviation = form.deviation(rows, changed)
        assert deviation[0] == 0
        # Float16's own rounding is taken off.
        assert 0.5 - deviation[1] == pytest.approx(0, abs=0.02 if name == 'float16' else 1e-6)
        assert np.isnan(form.deviation(rows, np.full_like(values, np.nan))).all()


def test_a_class_that_was_left_out_and_now_leads_is_a_deviation():
    form = Storage.of('top2')
    values = np.array([[4, 3, 1, 0]], np.float32)
    assert form.deviation(form.encode(values), np.array([[4, 3, 2.5, 0]]))[0] == 0
    assert form.deviation(form.encode(values), np.array([[4, 3, 5, 0]]))[0] == 2


@pytest.mark.parametrize('name', ['float64', 'top', 'top0', 'top-1', 'top5x', '', None])
def test_an_unknown_storage_is_named(name):
    with pytest.raises(ConfigError, match=r'storage .* is not float32, float16 or topK with a'):
        Storage.of(name)


def test_a_storage_that_leaves_nothing_out_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"'top4' leaves none of the 4 classes out"):
        write_bank(tmp_path, scores(), job('top4'))


def test_a_checksum_is_of_scores_and_classes():
    rows = Storage.of('top2').encode(scores()[0])
    others = [
        {**rows, 'scores': rows['scores'] + 1},
        {**rows, 'classes': rows['classes'][::-1]},
        {'scores': rows['scores']},
    ]
    assert len({rows_sha256(rows), *map(rows_sha256, others)}) == 4

import pytest

from ukd_bench.measure.memory.compare import Errors, compared

MIB = 2**20


def predicted(method='plain', phase='train', **figures):
    values = dict(allocated_peak_bytes=None, reserved_peak_bytes=None)
    return dict(method=method, num_teachers=0, phase=phase, predicted=True) | values | figures


def measured(method='plain', phase='train', **figures):
    values = dict(
        status='done', allocated_peak_bytes=None, reserved_peak_bytes=None,
        process_peak_bytes=None, process_start_bytes=None,
    )  # fmt: skip
    return dict(method=method, num_teachers=0, phase=phase, predicted=False) | values | figures


def tracked(method='plain', phase='train', peak=None, error=None):
    place = dict(method=method, num_teachers=0, phase=phase)
    return place | dict(mem_tracker_peak_bytes=peak, error=error)


def test_errors_by_hand():
    errors = Errors.of([0.01, -0.04, 0.02, 0.0, -0.01])
    assert errors.rows == 5
    # Sizes in order: 0, 1, 1, 2, 4 %; 95 % of the way along them is four fifths from 2 to 4.
    assert errors.median == pytest.approx(0.01)
    assert errors.percentile_95 == pytest.approx(0.02 + 0.8 * 0.02)
    assert errors.worst == -0.04
    assert errors.bias == pytest.approx(-0.02 / 5)
    assert Errors.of([]) is None


def test_each_figure_is_compared_with_its_own():
    found = compared(
        [predicted(allocated_peak_bytes=110, reserved_peak_bytes=150)],
        [
            measured(
                allocated_peak_bytes=100, reserved_peak_bytes=200, process_peak_bytes=700,
                process_start_bytes=400,
            )
        ],
        [tracked(peak=80)],
    )  # fmt: skip
    (row,) = found.rows
    assert row['allocated'] == pytest.approx(0.1)
    assert row['reserved'] == pytest.approx(-0.25)
    # What it took beside tensors is not predicted.
    assert row['process'] == pytest.approx((150 - 300) / 300)
    assert row['mem_tracker'] == pytest.approx(-0.2)
    assert {name: one.rows for name, one in found.summary.items()} == dict.fromkeys(
        ('allocated', 'reserved', 'process', 'mem_tracker'), 1
    )


def test_on_the_cpu_nothing_is_reserved():
    process = dict(process_peak_bytes=700, process_start_bytes=500)
    found = compared(
        [predicted(allocated_peak_bytes=100)], [measured(allocated_peak_bytes=100, **process)]
    )
    (row,) = found.rows
    assert row['reserved'] is None and found.summary['reserved'] is None
    assert row['process'] == pytest.approx(-0.5)
    assert row['mem_tracker'] is None


def test_what_failed_keeps_its_row_and_counts_in_no_summary():
    found = compared(
        [predicted(allocated_peak_bytes=5), predicted('ukd', allocated_peak_bytes=5)],
        [measured(status='oom'), measured('ukd', allocated_peak_bytes=5)],
        [tracked('ukd', phase=None, error='it cannot')],
    )
    first, second = found.rows
    assert first['status'] == 'oom' and first['allocated'] is None
    assert second['allocated'] == 0 and second['mem_tracker'] is None
    assert [row['mem_tracker_failed'] for row in found.rows] == [None, 'it cannot']
    assert found.summary['allocated'].rows == 1 and found.summary['mem_tracker'] is None
    assert found.as_json()['summary']['allocated'] == dict(
        rows=1, median=0.0, percentile_95=0.0, worst=0.0, bias=0.0
    )


def test_teachers_of_two_kinds_are_told_apart():
    def rows(make, **figures):
        kinds = zip('ab', figures.pop('peaks'), strict=True)
        return [
            make('bank', 'fill', allocated_peak_bytes=peak) | dict(teacher=kind)
            for kind, peak in kinds
        ]

    found = compared(rows(predicted, peaks=(10, 30)), rows(measured, peaks=(20, 30)))
    assert [(row['teacher'], row['allocated']) for row in found.rows] == [('a', -0.5), ('b', 0)]


def test_the_table_fits_80_columns():
    name = 'two_stream_dark_light'
    found = compared(
        [predicted(name, allocated_peak_bytes=101 * MIB)],
        [measured(name, allocated_peak_bytes=100 * MIB), measured(status='failed')],
        [tracked(name, peak=90 * MIB)],
    )
    lines = found.text().splitlines()
    assert max(map(len, lines)) == 80
    assert lines[1].split() == [name, '-', 'train', '100.0', '+1.00%', '-', '-', '-10.00%']
    assert lines[2].split() == ['plain', '-', 'train', 'failed', '-', '-', '-', '-']
    assert lines[-1].split() == ['MemTracker', '1', '10.00%', '10.00%', '-10.00%', '-10.00%']

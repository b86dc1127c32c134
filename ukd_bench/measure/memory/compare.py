"""How far predictions were off: predicted against measured, by cell and phase."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .table import Row

FIGURES = ('allocated', 'reserved', 'process', 'mem_tracker')
_TITLES = dict(zip(FIGURES, ('allocated', 'reserved', 'process', 'MemTracker'), strict=True))
_WIDTHS = (21, 3, 6, 9, 10, 10, 10, 11)
_MIB = 2**20


@dataclass(frozen=True)
class Errors:
    """Relative errors, (predicted - measured) / measured, of several rows.

    Attributes:
        rows: How many.
        median: Of their sizes.
        percentile_95: Of their sizes, between two rows on a straight line.
        worst: The largest, with its sign: what is negative was predicted too low.
        bias: Their mean, with its sign.
    """

    rows: int
    median: float
    percentile_95: float
    worst: float
    bias: float

    @classmethod
    def of(cls, errors: Sequence[float]) -> 'Errors | None':
        """Those of some rows; None where there are none."""
        if not errors:
            return None
        sizes = np.abs(errors)
        median, high = (float(value) for value in np.percentile(sizes, (50, 95)))
        return cls(len(errors), median, high, max(errors, key=abs), float(np.mean(errors)))


@dataclass(frozen=True)
class Comparison:
    """Predicted against measured.

    Attributes:
        rows: For each row that was measured: what it is of, its ``status``, the
            ``measured_bytes`` allocated, and the relative error of each of :data:`FIGURES`, None
            where either side is not known.
        summary: Errors by figure over all rows; None where there are none.
    """

    rows: list[Row]
    summary: dict[str, Errors | None]

    def as_json(self) -> dict[str, Any]:
        """Both, in plain values."""
        summary = {name: one and asdict(one) for name, one in self.summary.items()}
        return dict(summary=summary, rows=self.rows)

    def text(self) -> str:
        """Two tables of 80 columns, for a person."""
        titles = ('method', 'K', 'phase', 'MiB', *_TITLES.values())
        lines = [_line(titles)]
        for row in self.rows:
            given = row['measured_bytes']
            size = row['status'] if given is None else f'{given / _MIB:.1f}'
            cells = (row['method'], str(row['num_teachers'] or '-'), row['phase'], size)
            lines.append(_line((*cells, *(_percent(row[name]) for name in FIGURES))))
        lines += [
            '',
            f'{"":10} {"rows":>5}  {"median":>9}  {"95 %":>9}  {"worst":>10}  {"bias":>10}',
        ]
        for name, errors in self.summary.items():
            if errors is not None:
                sizes = f'{errors.median:10.2%}  {errors.percentile_95:10.2%}'
                signed = f'{errors.worst:+10.2%}  {errors.bias:+10.2%}'
                lines.append(f'{_TITLES[name]:10} {errors.rows:5}  {sizes}  {signed}')
        return '\n'.join(lines)


def compared(
    predicted: Sequence[Row], measured: Sequence[Row], tracked: Sequence[Row] = ()
) -> Comparison:
    """Compares rows of the same subject.

    What a process takes, less what it has beside its tensors, is compared with what is reserved,
    and on the CPU with what is allocated.

    Args:
        predicted: See :func:`.table.predicted_rows`.
        measured: See :func:`.measured.measured_rows`.
        tracked: See :func:`.baseline.tracker_rows`.
    """
    foretold = {_cell(row): row for row in predicted}
    baseline = {_cell(row): row['mem_tracker_peak_bytes'] for row in tracked}
    # A cell that the tracker could not follow has one row for all its phases.
    reasons = {_cell(row)[:-1]: row['error'] for row in tracked if row['error']}
    rows = []
    for row in measured:
        cell = _cell(row)
        given = row['allocated_peak_bytes']
        errors = _errors(foretold.get(cell, {}), row)
        errors['mem_tracker'] = _error(baseline.get(cell), given)
        told = dict(status=row['status'], measured_bytes=given)
        named = {name: row[name] for name in ('method', 'num_teachers', 'phase')}
        if 'teacher' in row:
            named['teacher'] = row['teacher']
        rows.append(named | told | errors | dict(mem_tracker_failed=reasons.get(cell[:-1])))
    by_figure = {name: [row[name] for row in rows if row[name] is not None] for name in FIGURES}
    return Comparison(rows, {name: Errors.of(errors) for name, errors in by_figure.items()})


def _cell(row: Row) -> tuple[Any, ...]:
    return row['method'], row['num_teachers'], row.get('teacher'), row['phase']


def _errors(predicted: Mapping[str, Any], measured: Row) -> dict[str, float | None]:
    allocated = predicted.get('allocated_peak_bytes')
    reserved = predicted.get('reserved_peak_bytes')
    peak, start = measured['process_peak_bytes'], measured['process_start_bytes']
    grown = None if peak is None or start is None else peak - start
    return dict(
        allocated=_error(allocated, measured['allocated_peak_bytes']),
        reserved=_error(reserved, measured['reserved_peak_bytes']),
        process=_error(allocated if reserved is None else reserved, grown),
    )


def _error(predicted: int | None, measured: int | None) -> float | None:
    return None if predicted is None or not measured else (predicted - measured) / measured


def _percent(error: float | None) -> str:
    return '-' if error is None else f'{error:+.2%}'


def _line(cells: Sequence[str]) -> str:
    first, *others = zip(cells, _WIDTHS, strict=True)
    name, width = first
    # Method and phase on the left, numbers on the right.
    return f'{name:{width}}' + ''.join(f'{cell:>{width}}' for cell, width in others)

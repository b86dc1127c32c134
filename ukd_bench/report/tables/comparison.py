"""The table of what differs from a reference."""

from ...results.compare import AGREES, EQUAL, FALSE_ALARM, MEMORY_TOLERANCE, Compared, Row
from .table import Table, columns

_COLUMNS = columns('<Cell', '<Figure', 'Here', 'Reference', 'Allowed', '<Verdict')


def every_comparison(compared: Compared) -> Table:
    """Folded table of all figures that were compared, each with its grade."""
    rows = tuple(map(_cells, compared.rows))
    return Table('compared', 'Every figure that was compared', _COLUMNS, rows, folded=True)


def _cells(row: Row) -> tuple[str, ...]:
    return row.cell, row.figure, row.measured, row.reference, row.tolerance, row.verdict


def comparison_table(compared: Compared) -> Table:
    """Table of figures that differ and missing cells; what agrees is counted by figure."""
    rows = [_cells(row) for row in compared.rows if row.verdict not in (EQUAL, AGREES)]
    counts: dict[str, list[int]] = {}
    for row in compared.rows:
        if row.verdict in (EQUAL, AGREES):
            tally = counts.setdefault(row.figure, [0, 0])
            tally[0] += 1
            tally[1] += row.verdict == EQUAL
    notes = tuple(
        f'{figure}: {total} within tolerance, of which {same} exactly equal.'
        for figure, (total, same) in counts.items()
    )
    about = (
        'Cells are matched by method, backbone, K, seed, split, schedule, evaluation and data. On '
        'one device, thread count and lock, hashes and accuracy must be equal; elsewhere top-1 may '
        'differ by what the noise of clips and of two trainings explains (the chance that any does '
        f'by noise alone is {100 * FALSE_ALARM:g} %), allocated peaks by '
        f'{100 * MEMORY_TOLERANCE:g} %.'
    )
    return Table(
        'comparison',
        'Against the reference',
        _COLUMNS,
        tuple(rows),
        compared.summary,
        (about, *notes),
    )

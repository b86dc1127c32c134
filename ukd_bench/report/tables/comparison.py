"""The table of what differs from a reference."""

from ...results.compare import AGREES, EQUAL, Compared
from .table import Table, columns


def comparison_table(compared: Compared) -> Table:
    """Table of figures that differ and missing cells; what agrees is counted by figure."""
    odd = [row for row in compared.rows if row.verdict not in (EQUAL, AGREES)]
    rows = [(r.cell, r.figure, r.measured, r.reference, r.tolerance, r.verdict) for r in odd]
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
    titles = columns('<Cell', '<Figure', 'Here', 'Reference', 'Allowed', '<Verdict')
    about = (
        'Cells are matched by method, backbone, K, seed, split, schedule, evaluation and data. On '
        'one device, thread count and lock, hashes and accuracy must be equal; elsewhere top-1 may '
        'differ by 3 standard errors of the clips’ binomial noise (training noise is not in it), '
        'allocated peaks by 2 %.'
    )
    return Table(
        'comparison',
        'Against the reference',
        titles,
        tuple(rows),
        compared.summary,
        (about, *notes),
    )

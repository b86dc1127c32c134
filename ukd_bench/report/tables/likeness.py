"""The table that shows whether students have listened to their teachers."""

from ...results import formatting as units
from ...results.likeness import likeness
from ...results.load import Sweep
from .footnotes import mark_notes
from .student_rows import INTERVAL_NOTE, cell_name, student_cells
from .table import Table, columns


def likeness_table(sweep: Sweep) -> Table | None:
    """Divergence of distilled and of plain students from the same teachers, on the test clips."""
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for student in sweep.students:
        first = len(rows)
        for cell in student_cells(sweep, student):
            found = likeness(cell, sweep) if sweep.methods.rows[cell.method].distils else None
            if found is not None:
                figures = (found.student, found.plain, found.difference)
                written = (units.estimate(figure, 3) for figure in figures)
                rows.append((*cell_name(cell, sweep), *written))
        if len(rows) > first:
            groups.append((first, student))
    if not rows:
        return None
    lead = (
        'KL divergence, in nats, of class probabilities on the test clips from the mean of the '
        'teachers that a student learned from: the lower, the more alike. A student that has '
        'listened is nearer to them than the plain one of its seed, which never met them.'
    )
    titles = columns('<Method', 'K', 'The student', 'The plain student', 'Difference')
    return Table(
        *('likeness', 'Likeness to the teachers', titles, tuple(rows), lead),
        *((INTERVAL_NOTE, *mark_notes(rows)), tuple(groups)),
    )

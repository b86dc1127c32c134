"""The table of what the teachers' knowledge adds."""

from ...methods.table import SUBJECT
from ...results import formatting
from ...results.comparable import comparable_runs
from ...results.formatting import POINTS
from ...results.gains import gains
from ...results.runs import Sweep
from .table import Table, columns


def gains_table(sweep: Sweep) -> Table | None:
    """Table of the distilled student's top-1 less that of every other student, seed by seed."""
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    notes = []
    for bench in comparable_runs(sweep):
        found = gains(bench)
        if found is None:
            continue
        if found.compared:
            groups.append((len(rows), bench.label))
        for one in found.compared:
            gap = one.difference
            low, high = one.clips or (None, None)
            rows.append(
                (
                    *(sweep.methods.heading(one.against), formatting.whole(one.num_teachers)),
                    formatting.signed(100 * gap.mean, unit=POINTS),
                    formatting.interval(gap.low, gap.high, 1, 100, POINTS),
                    formatting.whole(gap.n),
                    formatting.interval(low, high, 1, 100, POINTS),
                )
            )
        if found.not_run:
            names = '; '.join(map(sweep.methods.title, found.not_run))
            notes.append(f'Not run on {bench.label}, or without a seed in common: {names}.')
    if not rows:
        return None
    subject = sweep.methods.title(SUBJECT)
    lead = (
        f'Top-1 of {subject} at its largest K less that of another student, in points, paired by '
        'seed. Label smoothing softens targets without any knowledge; the longer plain training '
        'has the compute of teachers’ banks; shuffled targets know the class or nothing; a teacher '
        'of the student’s own kind knows nothing that the student could not find itself.'
    )
    about = (
        'Interval: 95 % t-interval over n seeds; none with one seed. Clips: bootstrap over test '
        'clips with the networks held fixed. These intervals stand each for itself: only what a '
        'claim tests is corrected for the number of comparisons.'
    )
    titles = columns(
        *(f'<{subject} less', 'K', 'Difference, points', '95 % interval', 'n', 'Clips resampled')
    )
    return Table(
        *('gains', 'What the teachers’ knowledge adds', titles, tuple(rows), lead),
        *((about, *notes), tuple(groups)),
    )

"""The table of what the teachers' knowledge adds."""

from ...methods.table import SUBJECT
from ...results import formatting
from ...results.comparable import comparable_runs
from ...results.formatting import POINTS
from ...results.gains import Gains, gains
from ...results.runs import Sweep
from .table import Table, columns

_WITHOUT = {
    'label_smoothing': 'label smoothing softens targets without any knowledge',
    'plain_long': 'the longer plain training has the compute of teachers’ banks',
    'wide': 'the wider student has the FLOPs of a two-stream network',
    'shuffled': 'targets shuffled within a class know the class alone',
    'shuffled_across': 'targets shuffled across classes know nothing true',
    'precomputed': 'precomputed targets know the whole clip, and not the view',
    'self': 'a teacher of the student’s own kind knows what the student could find itself',
}
"""What methods learn without, which a gain over them would tell."""


def gains_table(sweep: Sweep) -> Table | None:
    """Table of the distilled student's top-1 less that of every other student, seed by seed."""
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    notes = []
    every: list[Gains] = []
    for bench in comparable_runs(sweep):
        found = gains(bench)
        if found is None:
            continue
        every.append(found)
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
        f'Top-1 of {subject} at its largest K minus that of another student, in points, paired by '
        'seed.'
    )
    compared = {one.against for found in every for one in found.compared}
    told = [words for method, words in _WITHOUT.items() if method in compared]
    if told:
        lead += f' {formatting.sentence("; ".join(told))}.'
    about = (
        'Interval: 95 % t-interval over n seeds; none with one seed. Clips: bootstrap over test '
        'clips with the networks held fixed. These intervals stand each for itself: only what a '
        'claim tests is corrected for the number of comparisons.'
    )
    titles = columns(
        *(f'<{subject} minus', 'K', 'Difference, points', '95 % interval', 'n', 'Clips resampled')
    )
    return Table(
        *('gains', 'What the teachers’ knowledge adds', titles, tuple(rows), lead),
        *((about, *notes), tuple(groups)),
    )

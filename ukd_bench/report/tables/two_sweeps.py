"""Tables of two sweeps, A and B: their cells, their hashes, and what stands in one alone."""

from collections.abc import Callable, Iterable

from ...results import formatting
from ...results.comparable import student_groups
from ...results.runs import Run
from ...results.side_by_side import Alone, Beside, SideBySide
from .footnotes import mark_notes, marked
from .table import Column, Table, columns, count, mean_mib

_OTHERS = 'Teachers, ensembles and pretrainings'
_HASHES = ('initial_state', 'targets', 'student_state')


def accuracy_beside(pair: SideBySide) -> Table | None:
    """Table of the top-1 of both sweeps, cell by cell, and their difference."""

    def row(one: Beside) -> tuple[str, ...]:
        first, second = one.means(lambda run: run.metric('top1'))
        return (
            *(formatting.signed_points(one.difference), _how(one)),
            formatting.p_value(one.corrected_p),
            *(formatting.estimate(first, 1, 100, '%'), formatting.whole(len(one.first))),
            *(formatting.estimate(second, 1, 100, '%'), formatting.whole(len(one.second))),
            formatting.whole(one.place.epochs),
            ', '.join(one.unlike) or formatting.DASH,
        )

    tested = [one for one in pair.both if any(one.means(lambda run: run.metric('top1')))]
    titles = columns(
        *('<Cell of', 'K', 'B − A, points', '<How', 'p'),
        *('Top-1 of A, %', 'n of A', 'Top-1 of B, %', 'n of B', 'Epochs', '<Also differs'),
    )
    notes = (
        'Mean ± half-width of the 95 % t-interval over n seeds. B − A: difference of the means '
        'with its 95 % interval.',
        'Paired: both sweeps have the same seeds, and each pair of students began with the same '
        'weights, so that differences are taken seed by seed. Unpaired: Welch’s interval, which '
        'takes the two sweeps for unrelated trainings.',
        'p: t-test, corrected by Holm over all rows. Where the clips are not the same, no '
        'difference is given.',
    )
    return _table('accuracy', 'Accuracy, cell by cell', titles, tested, row, pair, notes)


def cost_beside(pair: SideBySide) -> Table | None:
    """Table of the training peaks and step times of both sweeps, and their ratios."""

    def row(one: Beside) -> tuple[str, ...]:
        peaks = one.means(_peak)
        steps = one.means(_step)
        alike = _device_kind(one.first) == _device_kind(one.second)
        return (
            formatting.number(one.ratio(_peak), 3) if alike else formatting.DASH,
            *(mean_mib(peak) for peak in peaks),
            formatting.number(one.ratio(_step), 2),
            *(formatting.estimate(step, 1, 1000, 'ms') for step in steps),
        )

    trained = [one for one in pair.both if any((*one.means(_peak), *one.means(_step)))]
    titles = columns(
        *('<Cell of', 'K', 'Peak, B / A', 'Training peak of A, MiB', 'Training peak of B, MiB'),
        *('Step, B / A', 'Step of A, ms', 'Step of B, ms'),
    )
    notes = (
        'Training peak: most memory that was allocated at once, mean over seeds. It is measured in '
        'different ways on a CPU and on a GPU, so that there is no ratio between the two.',
        'Step: median after warm-up, mean over seeds. It depends on the machine and on what else '
        'it did.',
    )
    return _table('cost', 'Memory and time, cell by cell', titles, trained, row, pair, notes)


def hashes_beside(pair: SideBySide) -> Table | None:
    """Table of whether both sweeps had the same weights and targets, bit for bit."""

    def row(one: Beside) -> tuple[str, ...]:
        told = (one.hashes(name) or formatting.DASH for name in _HASHES)
        return formatting.whole(len(one.pairs)), *told

    hashed = [one for one in pair.both if any(one.hashes(name) for name in _HASHES)]
    titles = columns(
        '<Cell of', 'K', 'Seeds in both', '<Initial weights', '<Targets', '<Trained weights'
    )
    notes = (
        'Equal: the hashes (SHA-256) are those of the other sweep at every seed that both have. '
        'Differ: at one seed or more they are not, on the same device, number of threads, lock and '
        'clips.',
        'Not comparable: they are not, and device, threads, lock or clips are others, so that '
        'nothing else could be expected; or the lock is not known.',
    )
    return _table('hashes', 'Equality, bit for bit', titles, hashed, row, pair, notes)


def alone_table(pair: SideBySide) -> Table | None:
    """Table of the cells, or seeds of a cell, that have figures in one sweep alone."""
    if not pair.alone:
        return None
    rows = [
        (
            _alone_name(one, pair),
            count(one.place.num_teachers),
            'B' if one.in_second else 'A',
            formatting.listed([run.seed for run in one.runs]),
            formatting.whole(one.place.epochs),
            one.elsewhere,
        )
        for one in pair.alone
    ]
    titles = columns('<Cell of', 'K', '<Only in', '<Seeds', 'Epochs', '<In the other')
    lead = 'Runs that one sweep has figures of, and the other none. They are in no difference.'
    title = 'What stands in one sweep alone'
    return Table('alone', title, titles, tuple(rows), lead)


def cell_name(one: Beside, pair: SideBySide) -> str:
    """A cell's method, with its teacher and its split where they tell it from others."""
    run, sweep = one.first[0], pair.first
    name = sweep.methods.heading(run.method)
    if run.teacher and not run.of_student:
        name += f', {run.teacher}'
    if len({other.place.split for other in pair.both}) > 1:
        name += f', split {run.split}'
    return marked(name, one)


def _alone_name(one: Alone, pair: SideBySide) -> str:
    sweep = pair.second if one.in_second else pair.first
    run = one.runs[0]
    network = run.teacher if run.teacher and not run.of_student else run.student
    several = len({regime.name for sweep in (pair.first, pair.second) for regime in sweep.regimes})
    parts = [
        sweep.methods.heading(run.method),
        network,
        one.place.regime if several > 1 else '',
        f'split {run.split}' if run.split > 1 else '',
    ]
    return ', '.join(part for part in parts if part)


def _table(
    name: str,
    title: str,
    titles: tuple[Column, ...],
    cells: Iterable[Beside],
    row: Callable[[Beside], tuple[str, ...]],
    pair: SideBySide,
    notes: tuple[str, ...],
) -> Table | None:
    labels = {
        (regime.name, student): label for regime, student, label in student_groups(pair.first)
    }
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for one in cells:
        run = one.first[0]
        label = labels[one.place.regime, run.student or ''] if run.of_student else _OTHERS
        if not groups or groups[-1][1] != label:
            groups.append((len(rows), label))
        rows.append((cell_name(one, pair), count(one.place.num_teachers), *row(one)))
    if not rows:
        return None
    marks = mark_notes(rows)
    return Table(name, title, titles, tuple(rows), '', (*notes, *marks), tuple(groups))


def _how(one: Beside) -> str:
    if one.difference is None:
        return formatting.DASH
    if one.difference.low is None:
        return 'one seed'
    return 'paired' if one.paired else 'unpaired'


def _peak(run: Run) -> float | None:
    return run.memory('train')


def _step(run: Run) -> float | None:
    value = run.value('time', 'step_median_s')
    return None if value is None else float(value)


def _device_kind(runs: Iterable[Run]) -> set[str | None]:
    return {(run.value('environment', 'device') or {}).get('kind') for run in runs}

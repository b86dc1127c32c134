"""Tables of what networks start from: the regimes of a sweep, and its pretrainings."""

from collections import Counter

from ...methods.table import PRETRAINING
from ...results import formatting
from ...results.formatting import Written
from ...results.runs import Run, Sweep
from .footnotes import mark_notes, marked
from .table import Table, columns


def regime_table(sweep: Sweep) -> Table | None:
    """Table of the regimes; None where the plan names none."""
    if not any(regime.words for regime in sweep.regimes):
        return None
    dash = formatting.DASH
    rows = tuple(
        (
            *(regime.name, regime.start or dash, regime.normalization or dash),
            formatting.whole(regime.epochs) if regime.epochs else dash,
            _noise(regime.label_noise),
            regime.purpose,
            *pool,
        )
        for regime, pool in zip(sweep.regimes, _pools(sweep), strict=True)
    )
    titles = columns(
        *('<Regime', '<Initial weights', '<Normalisation', 'Epochs', 'Labels replaced', '<For'),
        *(['<Pool'] if any(_pools(sweep)) else []),
    )
    lead = (
        'What students start from and how they learn. A verdict holds for its regime. In a regime '
        'for controls the answer is known beforehand: it shows whether a gain would be seen.'
    )
    return Table('regimes', 'Regimes', titles, rows, lead)


def _pools(sweep: Sweep) -> list[tuple[str, ...]]:
    """The cell of each regime that tells its teachers; none where all have the same."""
    if not any(regime.teachers for regime in sweep.regimes):
        return [()] * len(sweep.regimes)
    return [(', '.join(sweep.pool_in(regime.name)) or formatting.DASH,) for regime in sweep.regimes]


def pretraining_table(sweep: Sweep) -> Table | None:
    """Table of the trainings on other data whose weights the networks start from."""
    rows = []
    for run in (run for run in sweep.done if run.method == PRETRAINING):
        name = marked(run.teacher or run.student or formatting.DASH, run)
        rows.append(
            (
                *(name, run.value('dataset', 'name') or formatting.DASH),
                *(formatting.whole(run.epochs), formatting.whole(run.seed)),
                formatting.percent(run.metric('top1')),
                formatting.mib(run.memory('train')),
                formatting.duration(run.value('time', 'wall_s')),
                _started_from(run, sweep),
            )
        )
    if not rows:
        return None
    titles = columns(
        *('<Network', '<Data', 'Epochs', 'Seed', 'Top-1, %', 'Train, MiB', 'Time'),
        '<Runs that start from it',
    )
    lead = 'Networks that others start from, trained on data of their own and tested on its clips.'
    return Table(*('pretraining', 'Pretraining', titles, tuple(rows), lead), notes=mark_notes(rows))


def _noise(fraction: float) -> str:
    return Written(f'{100 * fraction:g} %', 100 * fraction, '%') if fraction else 'none'


def _started_from(run: Run, sweep: Sweep) -> str:
    kinds = Counter(
        'student' if child.of_student else child.method
        for child in sweep.runs
        if run.key in child.parents
    )
    return ', '.join(formatting.counted(kinds[kind], kind) for kind in sorted(kinds, reverse=True))

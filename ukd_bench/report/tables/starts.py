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
    dash, pools = formatting.DASH, _pools(sweep)
    several = len(pools) > 1
    rows = tuple(
        (
            *(regime.name, regime.start or dash, regime.normalization or dash),
            formatting.whole(regime.epochs) if regime.epochs else dash,
            _noise(regime.label_noise),
            regime.purpose,
            *([pools[sweep.pool_in(regime.name)]] if several else []),
        )
        for regime in sweep.regimes
    )
    titles = columns(
        *('<Regime', '<Initial weights', '<Normalisation', 'Epochs', 'Labels replaced', '<For'),
        *(['<Pool'] if several else []),
    )
    lead = (
        'What students start from and how they learn. A verdict holds for its regime. In a regime '
        'for controls the answer is known beforehand: it shows whether a gain would be seen.'
    )
    notes = [f'Pool {name}: {", ".join(pool)}.' for pool, name in pools.items() if several]
    return Table('regimes', 'Regimes', titles, rows, lead, tuple(notes))


def _pools(sweep: Sweep) -> dict[tuple[str, ...], str]:
    """A number for each pool that a regime has, in their order."""
    every = dict.fromkeys(sweep.pool_in(regime.name) for regime in sweep.regimes)
    return {pool: str(number) for number, pool in enumerate(every, 1)}


def pretraining_table(sweep: Sweep) -> Table | None:
    """Table of the trainings on other data whose weights the networks start from."""
    rows = []
    trained = [run for run in sweep.done if run.method == PRETRAINING]
    names = Counter((run.teacher or run.student, run.data, run.epochs, run.seed) for run in trained)
    # Regimes may differ in how the clips of one network are normalised.
    told_apart = max(names.values(), default=0) > 1
    for run in trained:
        name = marked(run.teacher or run.student or formatting.DASH, run)
        rows.append(
            (
                *(name, run.value('dataset', 'name') or formatting.DASH),
                *(formatting.whole(run.epochs), formatting.whole(run.seed)),
                formatting.percent(run.metric('top1')),
                formatting.mib(run.memory('train')),
                formatting.duration(run.value('time', 'wall_s')),
                _started_from(run, sweep),
                *([sweep.names_regimes(run)] if told_apart else []),
            )
        )
    if not rows:
        return None
    titles = columns(
        *('<Network', '<Data', 'Epochs', 'Seed', 'Top-1, %', 'Train, MiB', 'Time'),
        '<Runs that start from it',
        *(['<In regimes'] if told_apart else []),
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

"""The table of teachers and ensembles: the ceiling and its price."""

from collections.abc import Callable

from ...results import formatting
from ...results.comparable import comparable_runs
from ...results.regimes import Regime
from ...results.runs import Cell, Run, Sweep
from ...results.teaching import plain_top1
from .footnotes import mark_notes, marked
from .table import Table, columns, over_seeds

_POOL = 'The pool'


def teacher_table(sweep: Sweep) -> Table | None:
    """Table of each teacher alone with its bank, and of ensembles, for each regime that has any."""
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for regime in sweep.regimes:
        floor = _floor(sweep, regime)
        place = _place(regime, sweep)
        for heading, cells in _parts(sweep, regime):
            if cells:
                groups.append((len(rows), f'{heading}{place}'))
                rows += [_row(cell, sweep, floor) for cell in cells]
    if not rows:
        return None
    titles = columns(
        *('<Teacher', '<Backbone', 'Top-1, %', 'Minus plain, points', 'Top-5, %', 'Mean class, %'),
        *('Train, MiB', 'Evaluate, MiB', 'Weights, MiB', 'Time', 'Bank fill, MiB', 'Bank fill'),
    )
    lead = (
        'In the order of the pool, of which K means the first K. The ensemble averages its '
        'teachers at inference. Minus plain: top-1 minus the mean of the plain students.'
    )
    return Table(
        *('teachers', 'Teachers and ensemble', titles, tuple(rows), lead),
        *((*beside_plain(sweep), *mark_notes(rows)), tuple(groups)),
    )


def beside_plain(sweep: Sweep) -> list[str]:
    """Sentences that say of each regime which teachers are weaker than its plain students."""
    told = []
    for regime in sweep.regimes:
        floor, (_, cells) = _floor(sweep, regime), _parts(sweep, regime)[0]
        top1 = {_name(c): _mean(c, lambda run: run.metric('top1')) for c in cells if c.teacher}
        if floor is None or not top1:
            continue
        weaker = [
            f'{name} ({formatting.points(one - floor)})'
            for name, one in top1.items()
            if one is not None and one < floor
        ]
        place = _place(regime, sweep)
        best = f'the plain student{place}, {formatting.percent(floor)} % on average'
        told.append(
            f'Weaker than {best}: {", ".join(weaker)}.'
            if weaker
            else f'Every teacher of the pool is at least as good as {best}.'
        )
    return told


def _parts(sweep: Sweep, regime: Regime) -> list[tuple[str, list[Cell]]]:
    """The cells of the pool with its ensembles, and those of teachers of the students' own kind."""
    found = [
        cell
        for cell in sweep.cells(run for run in sweep.runs if run.method in ('teacher', 'ensemble'))
        if cell.regime == regime.name
    ]
    order = {name: index for index, name in enumerate(sweep.pool_in(regime.name))}
    # A plan that names no pool is one of teachers from elsewhere: all count.
    own = [cell for cell in found if cell.teacher and order and cell.teacher not in order]
    pool = [cell for cell in found if cell not in own]
    pool.sort(key=lambda cell: order.get(cell.teacher or '', len(order)))
    taught = dict.fromkeys(run.method for run in sweep.runs if _is_of_own_kind(run, sweep))
    titles = ' and '.join(sweep.methods.title(method) for method in taught)
    return [(_POOL, pool), (f'Teachers of the student’s own kind, for {titles}', own)]


def _row(cell: Cell, sweep: Sweep, floor: float | None) -> tuple[str, ...]:
    top1 = _mean(cell, lambda run: run.metric('top1'))
    less = None if top1 is None or floor is None else 100 * (top1 - floor)
    banks = [
        run
        for run in sweep.done
        if run.method == 'bank' and cell.teacher == run.teacher and cell.regime in run.regimes
    ]
    bank = banks[-1] if banks else None
    return (
        marked(_name(cell), cell),
        cell.student or formatting.DASH,
        formatting.percent(top1),
        formatting.DASH if less is None else formatting.signed(less, unit=formatting.POINTS),
        formatting.percent(_mean(cell, lambda run: run.metric('top5'))),
        formatting.percent(_mean(cell, lambda run: run.metric('mean_class'))),
        formatting.mib(_mean(cell, lambda run: run.memory('train'))),
        formatting.mib(_mean(cell, lambda run: run.memory('eval'))),
        formatting.mib(_state_bytes(cell, sweep), 2),
        formatting.duration(_mean(cell, lambda run: run.value('time', 'wall_s'))),
        formatting.mib(bank.memory('fill') if bank else None),
        formatting.duration(bank.value('time', 'fill_s') if bank else None),
    )


def _name(cell: Cell) -> str:
    return cell.teacher or f'Ensemble of {cell.num_teachers}'


def _mean(cell: Cell, figure: Callable[[Run], float | None]) -> float | None:
    estimate = over_seeds(cell, figure)
    return estimate.mean if estimate else None


def _state_bytes(cell: Cell, sweep: Sweep) -> int | None:
    keys = {run.key for run in cell.runs}
    told = (teacher for run in sweep.done for teacher in (run.record or {}).get('teachers', []))
    sizes = [t.get('state_bytes') for t in told if cell.teacher and t['key'] in keys]
    return sizes[-1] if sizes else None


def _floor(sweep: Sweep, regime: Regime) -> float | None:
    """Mean top-1 of the plain students of a regime, of the backbone where it is highest."""
    benches = [bench for bench in comparable_runs(sweep) if bench.regime == regime]
    known = [top1 for bench in benches if (top1 := plain_top1(bench)) is not None]
    return max(known, default=None)


def _place(regime: Regime, sweep: Sweep) -> str:
    return f' ({regime.name})' if len(sweep.regimes) > 1 else ''


def _is_of_own_kind(run: Run, sweep: Sweep) -> bool:
    """Whether a student's teacher is of its own kind."""
    return run.of_student and sweep.methods.rows[run.method].parents == 'own_kind'

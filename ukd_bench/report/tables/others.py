"""Tables beside the main ones: teachers, equality, lost runs, published figures, comparison."""

import tomllib
from typing import Any

from ...errors import ConfigError
from ...files.configs import configs_root
from ...methods.table import EQUAL_TO_UKD
from ...results import formatting as units
from ...results.compare import AGREES, EQUAL, Compared
from ...results.load import Run, Sweep, cells
from ...results.statistics import mean_interval
from ..methods import method_name
from .footnotes import mark_notes, marked, unmarked
from .table import Table, columns

_OWN_KIND = units.method_name('self')
_EQUALITY_HASHES = (
    ('targets', 'Targets'),
    ('initial_state', 'Initial weights'),
    ('student_state', 'Trained weights'),
)


def teacher_table(sweep: Sweep) -> Table | None:
    """Each teacher alone with its bank, and the ensemble: the ceiling and its price."""
    banks = {run.teacher: run for run in sweep.done if run.method == 'bank'}
    sizes = {
        t['name']: t.get('state_bytes')
        for run in sweep.done
        if run.record
        for t in run.record['teachers']
    }
    rows: list[tuple[str, ...]] = []
    for cell in cells(run for run in sweep.runs if run.method in ('teacher', 'ensemble')):

        def mean(figure: Any, runs: tuple[Run, ...] = cell.runs) -> float | None:
            estimate = mean_interval([figure(run) for run in runs])
            return estimate.mean if estimate else None

        name = cell.teacher or f'Ensemble of {cell.num_teachers}'
        bank = banks.get(cell.teacher) if cell.teacher else None
        rows.append(
            (
                marked(name, cell),
                cell.student or units.DASH,
                *(
                    units.number(mean(lambda run, m=m: run.metric(m)), 1, 100)
                    for m in ('top1', 'top5', 'mean_class')
                ),
                units.mib(mean(lambda run: run.memory('train'))),
                units.mib(mean(lambda run: run.memory('eval'))),
                units.mib(sizes.get(cell.teacher) if cell.teacher else None, 2),
                units.duration(mean(lambda run: run.value('time', 'wall_s'))),
                units.mib(bank.memory('fill') if bank else None),
                units.duration(bank.value('time', 'fill_s') if bank else None),
            )
        )
    if not rows:
        return None
    titles = columns(
        *(
            '<Teacher',
            '<Backbone',
            'Top-1, %',
            'Top-5, %',
            'Mean class, %',
            'Train, MiB',
            'Evaluate, MiB',
        ),
        *('Weights, MiB', 'Time', 'Bank fill, MiB', 'Bank fill'),
    )
    lead = (
        'In the order of the pool, of which K means the first K. The ensemble averages its '
        'teachers at inference.'
    )
    order = {name: index for index, name in enumerate(sweep.plan.get('pool') or [])}
    teachers = {run.teacher for run in sweep.runs if run.method == 'teacher'}
    # A plan that names no pool is one of teachers from elsewhere: all count.
    own_kind = teachers - set(order) if order else set()
    rows.sort(key=lambda row: order.get(unmarked(row[0]), len(order)))
    rows.sort(key=lambda row: unmarked(row[0]) in own_kind)
    of_pool = [row for row in rows if unmarked(row[0]) not in own_kind]
    groups = [(0, 'The pool')] * bool(of_pool)
    if own_kind:
        groups.append((len(of_pool), f'Teachers of the student’s own kind, for {_OWN_KIND}'))
    return Table(
        *('teachers', 'Teachers and ensemble', titles, tuple(rows), lead),
        *(mark_notes(rows), tuple(groups)),
    )


def equality_table(sweep: Sweep) -> Table | None:
    """Whether UKD and those with teachers at every step had one target and ended in one student."""
    runs: dict[tuple[Any, ...], dict[str, Run]] = {}
    for run in sweep.done:
        if run.method in ('ukd', *EQUAL_TO_UKD):
            cell = (
                run.student,
                run.num_teachers,
                run.seed,
                run.split,
                run.epochs,
                run.setting,
                run.data,
            )
            runs.setdefault(cell, {})[run.method] = run
    rows = []
    for cell, found in sorted(runs.items(), key=lambda item: (str(item[0][0]), item[0][1:5])):
        ukd = found.get('ukd')
        others = [found[method] for method in EQUAL_TO_UKD if method in found]
        for other in others if ukd else ():
            marks = [
                _equal(ukd.value('hashes', name), other.value('hashes', name))
                for name, _ in _EQUALITY_HASHES
            ]
            tops = ukd.metric('top1'), other.metric('top1')
            gap = units.DASH if None in tops else units.signed(100 * (tops[0] - tops[1]))
            names = marked(str(cell[0]), ukd), method_name(other.method)
            rows.append((*names, *(str(value) for value in cell[1:4]), *marks, gap))
    if not rows:
        return None
    titles = columns(
        '<Backbone',
        '<UKD against',
        'K',
        'Seed',
        'Split',
        *(f'<{title}' for _, title in _EQUALITY_HASHES),
        'Top-1, points',
    )
    unequal = sum('differ' in row for row in rows)
    known = sum(units.DASH not in row[5:8] for row in rows)
    lead = (
        f'Unequal: {unequal} of {units.counted(len(rows), "pair")}.'
        if unequal
        else f'All {len(rows)} pairs are equal, bit for bit.'
        if known == len(rows)
        else f'{known} of {len(rows)} pairs have every hash; none differs.'
    )
    notes = (
        (
            'SHA-256 of both runs compared, for pairs that ran both methods with one schedule on '
            'one device. Top-1: UKD minus the other.'
        ),
        *mark_notes(rows),
    )
    return Table('equality', 'Equality with naive distillation', titles, tuple(rows), lead, notes)


def lost_table(sweep: Sweep) -> Table | None:
    """Every run that gave no figures, and why."""
    rows = []
    for run in (*sweep.runs, *sweep.unplanned):
        if run.done and run not in sweep.unplanned:
            continue
        status = 'not in the plan' if run in sweep.unplanned else run.status
        what = run.teacher or run.student or units.DASH
        k = str(run.num_teachers) if run.num_teachers else units.DASH
        why = run.problem or units.DASH
        rows.append((method_name(run.method), what, k, str(run.seed), str(run.split), status, why))
    if not rows:
        return None
    titles = columns('<Method', '<Network', 'K', 'Seed', 'Split', '<Status', '<Why')
    lead = (
        f'{units.counted(len(rows), "run")} entered no mean. Running out of memory and diverging '
        'are results too.'
    )
    return Table('lost', 'Runs without figures', titles, tuple(rows), lead)


def published_table() -> Table:
    """Published accuracy on ARID, with sources.

    Raises:
        ConfigError: the shipped file is absent or broken.
    """
    path = configs_root() / 'claims' / 'published.toml'
    try:
        results = tomllib.loads(path.read_text())['result']
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f'{path}: cannot be used ({error})') from error
    rows, groups = [], []
    for item in results:
        if not groups or groups[-1][1] != item['dataset']:
            groups.append((len(rows), item['dataset']))
        source = item['source'] + (f'; {item["conflict"]}' if 'conflict' in item else '')
        rows.append(
            (
                item['method'],
                units.number(item.get('top1'), 2),
                units.number(item.get('top5'), 2),
                source,
            )
        )
    titles = columns('<Method', 'Top-1, %', 'Top-5, %', '<Source')
    lead = (
        'Not measured here: ARID, not synthetic; other backbones, pretraining and protocols. '
        'UKD’s own figures are not public.'
    )
    return Table('published', 'Published on ARID', titles, tuple(rows), lead, groups=tuple(groups))


def comparison_table(compared: Compared) -> Table:
    """Figures that differ and cells that are missing; what agrees is counted by figure."""
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


def _equal(first: Any, second: Any) -> str:
    if first is None or second is None:
        return units.DASH
    return 'equal' if first == second else 'differ'

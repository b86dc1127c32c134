"""Tables of many sweeps: the rankings, the sweeps themselves, and what was left out."""

from collections.abc import Iterable

from ...records.record import LAST_EPOCH
from ...results import formatting
from ...results.leaderboard import Data, Entry, LeftOut, Published, Ranking
from ...results.runs import Cell, Run, Sweep
from ...results.statistics import mean_interval
from .footnotes import mark_notes, marked
from .lost import lost_table
from .table import Table, columns, count, mean_mib, over_seeds

ALPHA = 0.05
_SHORT_HASH = 12
_LONGEST = 40
"""Characters of a device's name that fit in a line of the rankings."""


def ranking_table(rankings: Iterable[Ranking]) -> Table:
    """Table of all rows, ranked within the data that they have in common."""
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for ranking in rankings:
        groups.append((len(rows), data_words(ranking.data)))
        rows += [_row(entry, ranking.data) for entry in ranking.entries]
    titles = columns(
        *('<Method', 'Rank', 'K', 'Top-1, %', 'n', '<Against the best', '<Sweep', '<Backbone'),
        *('<Regime', 'Less the best, points', 'p', 'Training peak, MiB', 'Step, ms', '<Device'),
        *('<Commit', '<Rules', '<Data', '<Remarks'),
    )
    notes = (
        'Rank: by the mean of top-1, among rows of the same clips, split, evaluation and rule for '
        'the tested epoch alone. Rows that are “not told apart” from the best may be as good or '
        'better: their order is noise. Controls, shorter schedules and epochs that were chosen on '
        'the test clips have no rank.',
        'Top-1: mean ± half-width of the 95 % t-interval over n seeds. Less the best: difference '
        'of the means with Welch’s 95 % interval. p: Welch’s t-test, times the number of rows that '
        f'are tested; below {ALPHA}, a row is worse. The intervals are not corrected.',
        'Training peak and step: means over seeds. They depend on the device, and memory is '
        'measured in different ways on a CPU and on a GPU: compare them on one device alone.',
        'Rules: the first digits of the hash of the claims file that the sweep was planned with.',
    )
    title = 'Measured: students by accuracy'
    single = groups[0][1] if len(groups) == 1 else ''
    marks = mark_notes(rows)
    return Table('ranking', title, titles, tuple(rows), single, (*notes, *marks), tuple(groups))


def data_words(data: Data) -> str:
    """What a ranking is of, in words."""
    synthetic = ' (synthetic)' if data.synthetic else ''
    parts = [
        f'{data.name}{synthetic}',
        f'split {data.split}',
        '' if data.protocol == 'center 1' else f'evaluation {data.protocol}',
        '' if data.selection == LAST_EPOCH else data.selection.replace('_', ' '),
        f'clips {data.fingerprint[:_SHORT_HASH]}' if data.fingerprint else '',
    ]
    return ', '.join(part for part in parts if part)


def against_best(entry: Entry) -> str:
    """Whether a row can be told from the best one, in words."""
    if entry.unranked:
        return f'not ranked: {entry.unranked}'
    if entry.difference is None:
        return 'best'
    if entry.p is None:
        return 'one seed: not tested'
    return 'worse' if entry.p < ALPHA else 'not told apart'


def published_sweeps_table(published: Iterable[Published]) -> Table:
    """Table of what each sweep is."""
    rows = []
    for one in published:
        sweep, runs = one.sweep, one.sweep.done
        seeds = {run.seed for run in runs if run.of_student}
        rows.append(
            (
                *(one.name, sweep.name, _data_of(sweep)),
                *(formatting.whole(len(runs)), formatting.whole(len(sweep.runs))),
                *(formatting.whole(len(seeds)), sweep.device_names, _commits(runs)),
                *(_hashes(runs, 'source_sha256'), _hashes(runs, 'lock_sha256'), _rules(sweep)),
            )
        )
    titles = columns(
        *('<Folder', '<Sweep', '<Data', 'Done', 'Planned', 'Seeds', '<Device', '<Commit'),
        *('<Source', '<Lock', '<Rules'),
    )
    notes = ('Source, lock and rules: the first digits of SHA-256 hashes.',)
    return Table('sweeps', 'The sweeps', titles, tuple(rows), '', notes)


def lost_runs_table(published: Iterable[Published]) -> Table | None:
    """Table of the runs of all sweeps that gave no figures, which are results as well."""
    found = [(one.name, table) for one in published if (table := lost_table(one.sweep))]
    if not found:
        return None
    rows: list[tuple[str, ...]] = []
    groups = []
    for name, table in found:
        groups.append((len(rows), name))
        rows += [(name, *row) for row in table.rows]
    table = found[0][1]
    lead = 'They entered no mean. Running out of memory and diverging are results too.'
    titles = (*columns('<Sweep'), *table.columns)
    return Table(table.id, table.title, titles, tuple(rows), lead, groups=tuple(groups))


def left_out_table(left_out: Iterable[LeftOut]) -> Table | None:
    """Table of the folders that are in no ranking, and why."""
    rows = [(one.name, 'refused' if one.refused else 'passed over', one.reason) for one in left_out]
    if not rows:
        return None
    lead = (
        'Refused: records are missing, damaged, edited or not in the plan, so that nothing of the '
        'folder is believed. Passed over: it holds no sweep of its own.'
    )
    titles = columns('<Folder', '<What', '<Why')
    return Table('left-out', 'Folders left out', titles, tuple(sorted(rows)), lead)


def _row(entry: Entry, data: Data) -> tuple[str, ...]:
    cell, sweep = entry.cell, entry.published.sweep
    step = over_seeds(cell, lambda run: run.value('time', 'step_median_s'))
    return (
        marked(sweep.methods.heading(cell.method), cell),
        *(formatting.whole(entry.rank), count(cell.num_teachers)),
        *(formatting.estimate(entry.top1, 1, 100, '%'), formatting.whole(entry.top1.n)),
        *(against_best(entry), entry.published.name, cell.student or formatting.DASH, cell.regime),
        *(formatting.signed_points(entry.difference), formatting.p_value(entry.p)),
        mean_mib(mean_interval([run.memory('train') for run in cell.runs])),
        formatting.mean(step, 1, 1000, 'ms'),
        *(_device(cell), _commits(cell.runs), _rules(sweep)),
        f'{data.name}{" (synthetic)" if data.synthetic else ""}',
        ', '.join(_remarks(cell, sweep)) or formatting.DASH,
    )


def _remarks(cell: Cell, sweep: Sweep) -> list[str]:
    """What a reader must know of one row before believing it."""
    stale = {row['key'] for row in sweep.plan['runs'] if row.get('stale')}
    regime = next(one for one in sweep.regimes if one.name == cell.regime)
    noise = f'{100 * regime.label_noise:g} % of its training labels wrong'
    told = {
        noise: regime.label_noise > 0,
        'runs of another version stand in': any(run.key in stale for run in cell.runs),
        'uncommitted source': any(_dirty(run) for run in cell.runs),
    }
    return [words for words, so in told.items() if so]


def _device(cell: Cell) -> str:
    device = cell.runs[0].value('environment', 'device') or {}
    kind, name = str(device.get('kind') or ''), str(device.get('name') or '')
    text = ': '.join(part for part in (kind.upper(), name) if part) or formatting.DASH
    # The table of sweeps has it in full.
    return text if len(text) <= _LONGEST else f'{text[: _LONGEST - 1]}…'


def _dirty(run: Run) -> bool:
    return bool((run.value('environment', 'git') or {}).get('dirty'))


def _commits(runs: Iterable[Run]) -> str:
    found = {
        str(git['commit'])[:_SHORT_HASH]: None
        for run in runs
        if (git := run.value('environment', 'git')) and git.get('commit')
    }
    return ', '.join(found) or formatting.DASH


def _hashes(runs: Iterable[Run], name: str) -> str:
    found = {
        str(value)[:_SHORT_HASH]: None for run in runs if (value := run.value('environment', name))
    }
    return ', '.join(found) or formatting.DASH


def _rules(sweep: Sweep) -> str:
    return str(sweep.plan.get('claims_sha256') or formatting.DASH)[:_SHORT_HASH]


def _data_of(sweep: Sweep) -> str:
    name = sweep.dataset.get('name') or 'unnamed data'
    return f'{name}{" (synthetic)" if sweep.synthetic else ""}'

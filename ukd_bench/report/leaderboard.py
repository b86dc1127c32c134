"""Writes the page of many sweeps that people publish as folders of records."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ConfigError
from ..results import formatting
from ..results.claims import applying_claims, sha256_as_it_lies
from ..results.leaderboard import Leaderboard, Ranking, read_leaderboard
from ..results.runs import Sweep
from .content import SCHEMA, Content, figure_content, sweep_content, table_content
from .doubts import Doubt, doubts
from .figures.leaderboard import draw_rankings
from .page import LEADERBOARD, write_files
from .tables.leaderboard import (
    against_best,
    data_words,
    left_out_table,
    lost_runs_table,
    published_sweeps_table,
    ranking_table,
)
from .tables.published import published_table

_MOST_NAMED = 4
"""Folders that a line of the first box names."""


@dataclass(frozen=True)
class Written:
    """The files of a leaderboard, what it holds, and what there is to say in a few sentences."""

    index: Path
    markdown: Path
    leaderboard: Leaderboard
    summary: tuple[str, ...]


def write_leaderboard(folders: Sequence[Path], out: Path) -> Written:
    """Reads sweeps and writes one page of all of them into ``out``, with all that a report has.

    Equal inputs give equal bytes.

    Args:
        folders: Folders of sweeps; those that are none, or hold records that are not to be
            believed, are named on the page and in no ranking.
        out: The folder to write; made if absent.

    Raises:
        ResultsError: a folder does not exist, none can be ranked, or ``out`` cannot be written.
        ConfigError: the file of published figures cannot be used.
    """
    leaderboard = read_leaderboard(folders)
    summary = tuple(_summary(leaderboard))
    reported = published_table()
    tables = [
        ranking_table(leaderboard.rankings),
        published_sweeps_table(leaderboard.published),
        lost_runs_table(leaderboard.published),
        left_out_table(leaderboard.left_out),
        replace(reported, title=f'{reported.title}: only reported'),
    ]
    drawings = draw_rankings(leaderboard.rankings)
    content: Content = dict(
        schema=SCHEMA,
        kind=LEADERBOARD,
        sweeps=[dict(folder=one.name, **sweep_content(one.sweep)) for one in leaderboard.published],
        left_out=[
            dict(folder=one.name, reason=one.reason, refused=one.refused)
            for one in leaderboard.left_out
        ],
        summary=list(summary),
        doubts=_doubts(leaderboard),
        figures=[figure_content(drawing) for drawing in drawings],
        tables=[table_content(table) for table in tables if table],
    )
    index, markdown = write_files(content, drawings, Path(out))
    return Written(index, markdown, leaderboard, summary)


def _summary(leaderboard: Leaderboard) -> list[str]:
    """How much there is, and how far each ranking can be read."""
    rows = sum(len(ranking.entries) for ranking in leaderboard.rankings)
    texts = [
        f'{formatting.counted(rows, "row")} of '
        f'{formatting.counted(len(leaderboard.published), "sweep")}, measured.'
    ]
    if leaderboard.refused:
        names = ', '.join(one.name for one in leaderboard.refused)
        texts.append(
            f'Refused, because records are missing or not as their runs left them: {names}.'
        )
    return texts + [_told_apart(ranking) for ranking in leaderboard.rankings]


def _told_apart(ranking: Ranking) -> str:
    """How many rows of a ranking are worse than its best."""
    counting = [entry for entry in ranking.entries if entry.rank is not None]
    where = data_words(ranking.data)
    if not counting:
        return f'{where}: no row is ranked.'
    best = counting[0]
    name = best.published.sweep.methods.heading(best.cell.method)
    k = f' (K = {best.cell.num_teachers})' if best.cell.num_teachers else ''
    first = (
        f'{where}: {name}{k} of {best.published.name} has the best mean, '
        f'{formatting.estimate(best.top1, 1, 100)} %'
    )
    words = [against_best(entry) for entry in counting[1:]]
    if not words:
        return f'{first}, alone.'
    worse = words.count('worse')
    return (
        f'{first}. Of {formatting.counted(len(words), "other row")}, '
        f'{worse} {_are(worse)} worse and {len(words) - worse} cannot be told from it.'
    )


def _are(count: int) -> str:
    return 'is' if count == 1 else 'are'


def _doubts(leaderboard: Leaderboard) -> list[Content]:
    """What weakens the sweeps, each doubt once, with the folders that it is about."""
    whose: dict[Doubt, list[str]] = {}
    for one in leaderboard.published:
        for doubt in doubts(one.sweep, _rules(one.sweep)):
            whose.setdefault(doubt, []).append(one.name)
    every = len(leaderboard.published)
    return [
        dict(of=_of(names, every), folders=names, text=doubt.text, means=doubt.means)
        for doubt, names in whose.items()
    ]


def _rules(sweep: Sweep) -> str:
    """The hash of a sweep's claims file; that of its plan where the present one cannot be told."""
    try:
        present = sha256_as_it_lies(applying_claims(sweep.root))
    except ConfigError:
        return ''
    return str(sweep.plan.get('claims_sha256')) if present is None else present


def _of(names: Sequence[str], every: int) -> str:
    if len(names) == every > 1:
        return 'All'
    more = len(names) - _MOST_NAMED
    return ', '.join(names[:_MOST_NAMED]) + (f' and {more} more' if more > 0 else '')

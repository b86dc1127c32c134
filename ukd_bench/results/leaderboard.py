"""Many sweeps that people publish as folders of records: what can be ranked, and what cannot."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import ResultsError, quoted
from ..records.folder import SweepPaths
from ..records.record import ORACLE
from .folders import folder_names
from .loading import load_sweep
from .runs import Cell, Sweep
from .statistics import Difference, Estimate, mean_interval, unpaired_difference

_LONGEST = 300
"""Characters of a reason that a page has room for."""


@dataclass(frozen=True)
class Published:
    """A sweep that may be ranked, and what pages call its folder."""

    name: str
    sweep: Sweep


@dataclass(frozen=True)
class LeftOut:
    """A folder that is not ranked, and why.

    Attributes:
        name: What pages call it.
        reason: Why, in one line.
        refused: Whether it was given as the folder of a sweep and is not to be believed; otherwise
            it is none, or is there already.
    """

    name: str
    reason: str
    refused: bool


class Data(NamedTuple):
    """What accuracies must agree in to stand in one ranking."""

    name: str
    fingerprint: str | None
    test_fingerprint: str | None
    split: int
    protocol: str
    selection: str
    synthetic: bool


@dataclass(frozen=True)
class Entry:
    """A row: the students of one cell of one sweep.

    Attributes:
        published: The sweep.
        cell: Its runs.
        top1: Mean and interval over their seeds.
        rank: Its place by mean, from 1, equal means alike; None where it is not ranked.
        unranked: Why it is not, in a word or more; '' where it is.
        difference: Its top-1 less that of the best; None of the best itself and what is not ranked.
        p: The p-value of that, times the number of rows that are tested, at most 1.
    """

    published: Published
    cell: Cell
    top1: Estimate
    rank: int | None
    unranked: str = ''
    difference: Difference | None = None
    p: float | None = None


@dataclass(frozen=True)
class Ranking:
    """All rows of one data set, split, evaluation protocol and selection rule, best first."""

    data: Data
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Leaderboard:
    """The sweeps that were read, their rankings, and the folders that were left out."""

    published: tuple[Published, ...]
    rankings: tuple[Ranking, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def refused(self) -> tuple[LeftOut, ...]:
        """The folders that are not to be believed."""
        return tuple(one for one in self.left_out if one.refused)


def read_leaderboard(folders: Sequence[Path]) -> Leaderboard:
    """Reads the folders of published sweeps, and ranks their students.

    A folder of a sweep must hold a record with a result of each planned run and no other, none of
    them edited, as ``ukd-bench results publish`` leaves it. One that does not is refused as a
    whole: what is missing may be what would have lowered a mean.

    Args:
        folders: The folders. What is no folder of a sweep is left out.

    Raises:
        ResultsError: a path leads nowhere, or no folder is left.
    """
    published: list[Published] = []
    left_out: list[LeftOut] = []
    seen: dict[frozenset[tuple[str, ...]], str] = {}
    for folder, full in zip(folders, folder_names(folders), strict=True):
        name = ' '.join(full.split())
        if not folder.exists():
            raise ResultsError(f'{folder}: no such results folder')
        if reason := _no_sweep(folder):
            left_out.append(LeftOut(name, reason, refused=False))
            continue
        try:
            sweep = _valid(folder)
        except ResultsError as error:
            reason = str(error).replace(f'{folder}/', '').replace(str(folder), name)
            left_out.append(LeftOut(name, ' '.join(reason.split())[:_LONGEST], refused=True))
            continue
        first = seen.setdefault(_records(sweep), name)
        if first != name or any(one.name == name for one in published):
            left_out.append(LeftOut(name, f'the same records as {first}', refused=False))
        elif not _student_cells(sweep):
            left_out.append(LeftOut(name, 'no student in it was tested', refused=False))
        else:
            published.append(Published(name, sweep))
    if not published:
        told = '; '.join(f'{one.name}: {one.reason}' for one in left_out[:1])
        raise ResultsError(f'none of {len(folders)} folders can be ranked: {told}')
    return Leaderboard(tuple(published), tuple(_rankings(published)), tuple(left_out))


def _no_sweep(folder: Path) -> str | None:
    """Why a path is no folder of a sweep; None where it is one, or was."""
    if not folder.is_dir():
        return 'is no folder'
    if SweepPaths(folder).plan.exists() or SweepPaths(folder).runs():
        return None
    return 'holds no plan.json, so it is not the folder of a sweep'


def _valid(folder: Path) -> Sweep:
    """The sweep in a folder, all of whose records are there and as their runs left them."""
    if not SweepPaths(folder).plan.exists():
        raise ResultsError('holds records, but no plan.json that lists them')
    sweep = load_sweep(folder)
    without = [run for run in sweep.runs if not run.has_result]
    if without:
        raise ResultsError(
            f'{len(without)} of {len(sweep.runs)} planned runs without a valid record: '
            f'{without[0].folder}: {without[0].problem or without[0].status}'
        )
    planned = {run.folder for run in sweep.runs}
    strange = [run.root.name for run in SweepPaths(folder).runs() if run.root.name not in planned]
    if strange:
        more = f' and {len(strange) - 1} more are' if strange[1:] else ' is'
        raise ResultsError(f'{quoted(strange[0])}{more} not in the plan')
    return sweep


def _records(sweep: Sweep) -> frozenset[tuple[str, ...]]:
    """What tells the records of two sweeps apart, however their folders are called."""
    return frozenset(
        (run.key, run.execution, str((run.record or {}).get('digest'))) for run in sweep.runs
    )


def _student_cells(sweep: Sweep) -> list[Cell]:
    cells = sweep.cells(run for run in sweep.runs if run.of_student)
    return [cell for cell in cells if _top1(cell)]


def _top1(cell: Cell) -> list[float]:
    return [value for run in cell.runs if (value := run.metric('top1')) is not None]


def _rankings(published: Iterable[Published]) -> list[Ranking]:
    groups: dict[Data, list[tuple[Published, Cell]]] = defaultdict(list)
    for one in published:
        for cell in _student_cells(one.sweep):
            groups[_data(cell, one.sweep)].append((one, cell))
    # What has no fingerprint comes first; None has no order.
    order = sorted(groups, key=lambda data: [str(value or '') for value in data])
    return [Ranking(data, tuple(_ranked(groups[data]))) for data in order]


def _data(cell: Cell, sweep: Sweep) -> Data:
    run = cell.runs[0]
    told: Any = {**sweep.dataset, **((run.record or {}).get('dataset') or {})}
    return Data(
        name=str(told.get('name') or 'unnamed data'),
        fingerprint=run.data,
        test_fingerprint=told.get('test_fingerprint'),
        split=run.split,
        protocol=run.protocol,
        selection=run.selection,
        synthetic=bool(told.get('synthetic', False)),
    )


def _ranked(cells: Iterable[tuple[Published, Cell]]) -> list[Entry]:
    """The rows of one ranking: those that count by their means, then those that do not."""
    rows = []
    for published, cell in cells:
        top1 = mean_interval(_top1(cell))
        assert top1 is not None
        rows.append(Entry(published, cell, top1, None, _unranked(cell, published.sweep)))
    # Equal means stand in the order of the folders and of their tables.
    rows.sort(key=lambda row: (row.unranked, -row.top1.mean))
    counting = [row for row in rows if not row.unranked]
    means = Counter(row.top1.mean for row in counting)
    gaps = [None, *(_less(row.cell, counting[0].cell) for row in counting[1:])]
    tests = sum(gap is not None and gap.p_value is not None for gap in gaps)
    ranked = []
    for row, gap in zip(counting, gaps, strict=False):
        rank = 1 + sum(count for mean, count in means.items() if mean > row.top1.mean)
        # Not by Holm, which supposes that the tests were chosen before: the best was found by
        # looking. Times their number, the row that is truly best is called worse with no more than
        # the chance of a single test, whichever row that is.
        p = None if gap is None or gap.p_value is None else min(1.0, gap.p_value * tests)
        ranked.append(replace(row, rank=rank, difference=gap, p=p))
    return [*ranked, *rows[len(counting) :]]


def _unranked(cell: Cell, sweep: Sweep) -> str:
    """Why accuracies of a cell are no competitors of others'; '' where they are."""
    if cell.selection == ORACLE:
        return 'chosen on the test clips'
    if cell.shortened:
        return 'shorter schedule'
    regime = next(one for one in sweep.regimes if one.name == cell.regime)
    return '' if regime.for_claims else 'control'


def _less(cell: Cell, best: Cell) -> Difference:
    return unpaired_difference(_top1(cell), _top1(best))

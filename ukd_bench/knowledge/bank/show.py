"""What banks hold, how good their teachers are on the training clips, and how far they agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...errors import BankError
from ..pool import read_pool
from .format import Bank, BankPaths
from .storage import TEMPERATURES

_MOST_COLUMNS = 12
"""Most teachers that a table of pairs has room for."""


@dataclass(frozen=True)
class ShownBank:
    """A bank, or what there is instead.

    Attributes:
        name: Name of its teacher.
        bank: The bank; None where there is no complete one.
        state: How it is: ``complete``, ``2 of 5 views``, ``absent``, or what is wrong.
    """

    name: str
    bank: Bank | None
    state: str


def banks_at(path: Path) -> list[ShownBank]:
    """The banks of a pool's file, or the one in a folder.

    Raises:
        ConfigError: a file is no pool.
        BankError: nothing lies there, or neither a pool nor a bank.
    """
    if path.is_file():
        return [
            ShownBank(entry.name, None, 'the pool names none')
            if entry.bank_folder is None
            else _shown(entry.bank, entry.name)
            for entry in read_pool(path)
        ]
    paths = BankPaths(path)
    if not paths.manifest.is_file() and not paths.job.is_file():
        raise BankError(f'{path} is neither a pool nor the folder of a bank')
    return [_shown(path)]


def accuracy(bank: Bank) -> float:
    """Share of (view, sample) whose highest score is that of the sample's label."""
    right = [(bank.best_classes(view) == bank.labels_N).mean() for view in range(bank.num_views)]
    return float(np.mean(right))


def agreement(first: Bank, second: Bank) -> float | None:
    """Share of (view, sample) that two teachers give the same class, over views both hold.

    None where the two are not of the same clips, views and classes.
    """
    if {*first.differing(second.facts.identity)} & {'dataset', 'views', 'classes'}:
        return None
    views = range(min(first.num_views, second.num_views))
    same = [(first.best_classes(view) == second.best_classes(view)).mean() for view in views]
    return float(np.mean(same))


def render(shown: Sequence[ShownBank]) -> RenderableType:
    """Tables of all banks, the errors of their storages, and the agreement of pairs."""
    parts: list[RenderableType] = [_table(shown)]
    banks = [(number, one.bank) for number, one in enumerate(shown, 1) if one.bank is not None]
    inexact = [(number, bank) for number, bank in banks if not bank.storage.is_exact]
    if inexact:
        parts += [Text(), _errors(inexact)]
    if len(banks) > 1:
        parts += [Text(), _agreement(banks)]
    return Group(*parts)


def _shown(folder: Path, name: str | None = None) -> ShownBank:
    try:
        bank = Bank(folder)
        return ShownBank(name or bank.teacher['name'], bank, 'complete')
    except BankError as error:
        problem = str(error)
    paths = BankPaths(folder)
    if paths.manifest.is_file():
        return ShownBank(name or folder.name, None, problem)
    begun = paths.begun()
    if begun is None:
        return ShownBank(name or folder.name, None, 'absent')
    return ShownBank(name or begun.teacher['name'], None, paths.progress(begun))


def _table(shown: Sequence[ShownBank]) -> Table:
    table = _plain_table()
    table.add_column('', justify='right')
    table.add_column('teacher', overflow='fold')
    for name in ('views', 'clips', 'classes', 'storage', 'MiB', 'top-1, %'):
        table.add_column(name, justify='right', no_wrap=True)
    table.add_column('state', overflow='fold')
    for number, one in enumerate(shown, 1):
        table.add_row(str(number), Text(one.name), *_cells(one.bank), Text(one.state))
    return table


def _cells(bank: Bank | None) -> list[str]:
    if bank is None:
        return ['–'] * 6
    sizes = (bank.num_views, bank.num_samples, bank.num_classes)
    mebibytes = bank.scores_bytes / 2**20
    return [*map(str, sizes), bank.storage.name, f'{mebibytes:.2f}', f'{100 * accuracy(bank):.1f}']


def _errors(banks: Sequence[tuple[int, Bank]]) -> RenderableType:
    title = Text('probability that a storage leaves out or moves: mean (most)', 'bold')
    table = _plain_table()
    for head in ('', *(f'T = {temperature}' for temperature in TEMPERATURES)):
        table.add_column(head, justify='right', no_wrap=True)
    for number, bank in banks:
        measured = bank.manifest.error or {}
        errors = [measured[str(temperature)] for temperature in TEMPERATURES]
        cells = [f'{error["mean"]:.2g} ({error["max"]:.2g})' for error in errors]
        table.add_row(str(number), *cells)
    return Group(title, table)


def _agreement(banks: Sequence[tuple[int, Bank]]) -> RenderableType:
    pairs = {
        (first, second): agreement(one, other)
        for first, one in banks
        for second, other in banks
        if first < second
    }
    title = Text('same best class, % of (view, clip)', 'bold')
    if len(banks) > _MOST_COLUMNS:
        return Group(title, _extremes(pairs))
    table = _plain_table()
    numbers = [number for number, _ in banks]
    for number in ('', *map(str, numbers[:-1])):
        table.add_column(number, justify='right', no_wrap=True)
    for row in numbers[1:]:
        cells = [_percent(pairs[column, row]) for column in numbers if column < row]
        table.add_row(str(row), *cells)
    return Group(title, table)


def _extremes(pairs: dict[tuple[int, int], float | None]) -> Text:
    known = {pair: share for pair, share in pairs.items() if share is not None}
    if not known:
        return Text('no two banks are of the same clips, views and classes')
    least, most = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
    return Text(
        f'{len(known)} pairs: mean {_percent(float(np.mean([*known.values()])))}, least '
        f'{_percent(known[least])} ({least[0]} and {least[1]}), most {_percent(known[most])} '
        f'({most[0]} and {most[1]})'
    )


def _plain_table() -> Table:
    return Table(box=None, padding=(0, 1), pad_edge=False, collapse_padding=True)


def _percent(share: float | None) -> str:
    return '–' if share is None else f'{100 * share:.1f}'

"""Renders the report of a check for people, in 80 columns."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .report import Count, Finding, Report, number

_SHOWN = 8
"""Items of a finding that are printed; `--json` has all."""
_MOST_CLASSES = 40
_LISTS_A_TABLE = 9
_GOOD, _BAD, _NOTE = 'green', 'bold red', 'yellow'


def render(report: Report) -> RenderableType:
    """Counts, findings and a verdict."""
    parts: list[RenderableType] = [Text(_heading(report), 'bold')]
    if report.lists:
        parts += [Text(), *_tables(report)]
    for finding in [*report.problems, *report.notes]:
        parts += [Text(), _finding(finding)]
    return Group(*parts, Text(), _verdict(report))


def _heading(report: Report) -> str:
    return f'{report.edition[1]} at {report.root}' if report.edition else str(report.root)


def _tables(report: Report) -> Iterator[Table]:
    """Classes by lists, a few lists a table."""
    keys = list(report.lists)
    for start in range(0, len(keys), _LISTS_A_TABLE):
        yield _table(report, keys[start : start + _LISTS_A_TABLE], start == 0)


def _table(report: Report, keys: list[tuple[int, str]], with_disk: bool) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, collapse_padding=True)
    table.add_column('\nclass')
    columns: list[Count | None] = []
    if with_disk and report.disk is not None:
        table.add_column('on\ndisk', justify='right')
        columns.append(report.disk)
    previous = None
    for split, subset in keys:
        if split != previous:
            table.add_column('')
            columns.append(None)
        head = f'split {split}' if split != previous else ''
        table.add_column(f'{head}\n{subset}', justify='right', no_wrap=True)
        columns.append(report.lists[split, subset])
        previous = split
    if len(report.classes) <= _MOST_CLASSES:
        for label, name in enumerate(report.classes):
            table.add_row(Text(name), *(_class_cell(count, label) for count in columns))
    table.add_row('all', *(_total_cell(count) for count in columns), style='bold')
    if any(count and count.known for count in columns):
        known = [str(count.known.total) if count and count.known else '' for count in columns]
        table.add_row('known', *known, style='dim')
    return table


def _class_cell(count: Count | None, label: int) -> Text:
    # Own videos need not lie in folders of their classes.
    if count is None or not any(count.per_class):
        return Text()
    have = count.per_class[label]
    known = count.known.per_class if count.known else None
    return _cell(have, known[label] if known else None)


def _total_cell(count: Count | None) -> Text:
    if count is None:
        return Text()
    return _cell(count.total, count.known.total if count.known else None)


def _cell(have: int, known: int | None) -> Text:
    if known is None:
        return Text(str(have))
    return Text(str(have), _GOOD) if have == known else Text(f'{have}!', _BAD)


def _finding(finding: Finding) -> RenderableType:
    mark, style = ('wrong', _BAD) if finding.problem else ('note', _NOTE)
    title = Text.assemble((f'{mark}: ', style), (finding.title, 'bold' if finding.problem else ''))
    items = Text('\n'.join(finding.items[:_SHOWN]))
    more = len(finding.items) - _SHOWN
    if more > 0:
        items.append(f'\nand {more} more (--json names all)', 'dim')
    return Group(title, Padding(items, (0, 0, 0, 2), expand=False))


def _verdict(report: Report) -> Text:
    if report.problems:
        text = Text(number(report.problems, 'thing is', 'things are') + ' wrong', _BAD)
    else:
        text = Text('nothing is wrong', _GOOD)
    if report.notes:
        text.append(f', {number(report.notes, "note", "notes")}', '')
    if report.edition is None:
        return text
    counted = any(count.known for count in report.lists.values())
    facts = [] if counted else ['there are no known counts to compare these with']
    if report.decoded is None:
        whole = number(report.whole, 'video is', 'videos are')
        facts.append(f'{whole} whole as far as the container tells (--decode reads every frame)')
    else:
        facts.append(
            f'{number(report.decoded, "video decodes", "videos decode")} to the last frame'
        )
    for fact in facts:
        text.append(f'\n{fact}', 'not bold default')
    return text

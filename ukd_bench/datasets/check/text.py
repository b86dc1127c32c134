"""The report of a check as people read it, in 80 columns."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
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
    table = Table(box=None, padding=(0, 1), header_style='', pad_edge=False)
    table.add_column('\nclass')
    columns: list[Count] = []
    if with_disk and report.disk is not None:
        table.add_column('on\ndisk', justify='right')
        columns.append(report.disk)
    previous = None
    for key in keys:
        split, subset = key
        head = f'split {split}' if split != previous else ''
        table.add_column(f'{head}\n{subset}', justify='right', no_wrap=True)
        columns.append(report.lists[key])
        previous = split
    if len(report.classes) <= _MOST_CLASSES:
        for label, name in enumerate(report.classes):
            table.add_row(name, *(_class_cell(count, label) for count in columns))
    table.add_row('all', *(_total_cell(count) for count in columns), style='bold')
    if any(count.known for count in columns):
        known = [str(count.known.total) if count.known else '-' for count in columns]
        table.add_row('known', *known, style='dim')
    return table


def _class_cell(count: Count, label: int) -> Text:
    have = count.per_class[label]
    known = count.known.per_class if count.known else None
    return _cell(have, known[label] if known else None)


def _total_cell(count: Count) -> Text:
    return _cell(count.total, count.known.total if count.known else None)


def _cell(have: int, known: int | None) -> Text:
    if known is None:
        return Text(str(have))
    return Text(str(have), _GOOD) if have == known else Text(f'{have}!', _BAD)


def _finding(finding: Finding) -> Text:
    mark, style = ('wrong', _BAD) if finding.problem else ('note', _NOTE)
    text = Text.assemble((f'{mark}: ', style), (finding.title, 'bold' if finding.problem else ''))
    for item in finding.items[:_SHOWN]:
        text.append(f'\n  {item}')
    more = len(finding.items) - _SHOWN
    if more > 0:
        text.append(f'\n  and {more} more (--json names all)', 'dim')
    return text


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
    facts = [] if counted else ['nobody knows how many clips there should be']
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

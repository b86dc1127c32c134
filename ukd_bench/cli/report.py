"""``ukd-bench report``: writes the report of a sweep and prints its verdicts."""

import argparse
import gc
from typing import TYPE_CHECKING

from ..errors import ConfigError
from .options import add_check, add_memory, require_reference
from .values import count, named_path

if TYPE_CHECKING:
    from pathlib import Path

    from ..report.page import Report

SUMMARY = 'write the report of a sweep, or of two side by side'
DESCRIPTION = (
    'Writes the report of a sweep, index.html and report.md with its figures, and prints its '
    'verdicts. Of two sweeps, it writes one page that sets them side by side, cell by cell. Equal '
    'results give equal bytes.'
)
EPILOG = """\
examples:
  %(prog)s results/quick --out page
  %(prog)s results/quick --out page --check --reference other
  %(prog)s results/quick --findings
  %(prog)s results/quick results/other --out page

exit status:
  0 written   1 with --check, where the reference, or the second sweep, differs
  2 a mistake
"""
_STYLES = {'SUPPORTED': 'bold green', 'NOT SUPPORTED': 'bold red', 'INCONCLUSIVE': 'bold yellow'}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what a report is made of, and where it goes."""
    parser.add_argument(
        'results',
        type=named_path,
        nargs='+',
        metavar='RESULTS',
        help='folder of a sweep, or the folders of two',
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument('--out', type=named_path, metavar='DIR', help='folder to write')
    what.add_argument(
        '--findings',
        action='store_true',
        help='print verdicts, controls, effects and cost as Markdown, in place of a report',
    )
    parser.add_argument(
        '--reference', type=named_path, metavar='DIR', help='folder of a sweep to compare with'
    )
    parser.add_argument(
        '--claims',
        type=named_path,
        metavar='FILE',
        help='decision rules in place of the shipped ones',
    )
    parser.add_argument(
        '--figures',
        type=count(0),
        metavar='N',
        help='the first N backbones have figures of their own (default: 2); tables have all',
    )
    add_memory(parser)
    add_check(parser)


def run(arguments: argparse.Namespace) -> int:
    """Writes the report; returns 1 with ``--check`` where the reference differs.

    Raises:
        ConfigError: ``--check`` has no reference, the claims cannot be used, or options do not go
            together.
        ResultsError: a folder cannot be read or written.
    """
    from ..results.load_full_size import find_full_size

    # Records stay to the end: looking among them for what could be freed takes a sixth of the time.
    gc.disable()
    if len(arguments.results) > 2:
        raise ConfigError(
            f'report takes one sweep, or two side by side, not {len(arguments.results)}; '
            'ukd-bench leaderboard takes any number'
        )
    memory = find_full_size(arguments.memory)
    if len(arguments.results) == 2:
        return _side_by_side(arguments, memory)
    (results,) = arguments.results
    if arguments.findings:
        from ..report.findings import findings_text

        print(findings_text(results, arguments.claims, memory), end='')
        return 0
    from ..report.page import write_report

    require_reference(arguments)
    given = arguments.reference, arguments.claims, memory
    report = write_report(results, arguments.out, *given, arguments.figures)
    print_summary(report)
    return 1 if arguments.check and not report.agrees else 0


def _side_by_side(arguments: argparse.Namespace, memory: 'Path | None') -> int:
    """Writes the page of two sweeps."""
    from ..report.comparing import write_comparison

    for name in ('findings', 'reference'):
        if getattr(arguments, name):
            raise ConfigError(f'--{name} goes with one sweep, and there are two')
    first, second = arguments.results
    written = write_comparison(first, second, arguments.out, arguments.claims, memory)
    for text in written.summary:
        print(text)
    print(f'A checked against B, run by run: {written.compared.summary}')
    print(f'Page: {written.index}')
    return 1 if arguments.check and not written.compared.agrees else 0


def print_summary(report: 'Report') -> None:
    """Prints verdicts, doubts, the comparison and where the report lies."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=False)
    table = Table(
        title=Text(f'Sweep {report.sweep.name}'),
        title_justify='left',
        title_style='bold',
        box=None,
        pad_edge=False,
    )
    table.add_column('', no_wrap=True)
    table.add_column('Verdict', no_wrap=True)
    table.add_column('Why')
    for verdict in report.verdicts:
        of = f'Control of {verdict.control_of}. ' if verdict.control_of else ''
        why = ' '.join(text for text in (f'{of}{verdict.reason}', verdict.follows) if text)
        table.add_row(Text(verdict.id), Text(verdict.verdict, _STYLES[verdict.verdict]), Text(why))
    console.print(table)
    console.print()
    for doubt in report.doubts:
        console.print(Text(f'Note: {doubt.text} {doubt.means}'))
    if report.compared:
        console.print(Text(f'Reference: {report.compared.summary}'))
    console.print(Text(f'Report: {report.index}'), soft_wrap=True)

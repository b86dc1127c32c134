"""``ukd-bench report``: writes the report of a sweep and prints its verdicts."""

import argparse
from typing import TYPE_CHECKING

from .options import add_check, add_memory, require_reference
from .values import count, named_path

if TYPE_CHECKING:
    from ..report.page import Report

SUMMARY = 'write the report of a sweep and print its verdicts'
DESCRIPTION = (
    'Writes the report of a sweep, index.html and report.md with its figures, and prints its '
    'verdicts. Equal results give equal bytes.'
)
EPILOG = """\
examples:
  %(prog)s results/quick --out page
  %(prog)s results/quick --out page --check --reference other
  %(prog)s results/quick --findings

exit status:
  0 written   1 with --check, where the reference differs   2 a mistake
"""
_STYLES = {'SUPPORTED': 'bold green', 'NOT SUPPORTED': 'bold red', 'INCONCLUSIVE': 'bold yellow'}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what a report is made of, and where it goes."""
    parser.add_argument('results', type=named_path, metavar='RESULTS', help='folder of a sweep')
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
        help='the first N backbones have figures of their own (default: 4); tables have all',
    )
    add_memory(parser)
    add_check(parser)


def run(arguments: argparse.Namespace) -> int:
    """Writes the report; returns 1 with ``--check`` where the reference differs.

    Raises:
        ConfigError: ``--check`` has no reference, or the claims cannot be used.
        ResultsError: a folder cannot be read or written.
    """
    from ..report.findings import findings_text
    from ..report.page import write_report
    from ..results.load_full_size import find_full_size

    memory = find_full_size(arguments.memory)
    if arguments.findings:
        print(findings_text(arguments.results, arguments.claims, memory), end='')
        return 0
    require_reference(arguments)
    given = arguments.reference, arguments.claims, memory
    report = write_report(arguments.results, arguments.out, *given, arguments.figures)
    print_summary(report)
    return 1 if arguments.check and not report.agrees else 0


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

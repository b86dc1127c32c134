"""``python -m ukd_bench.report RESULTS --out DIR``: writes a report and prints its verdicts."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..cli.terminal import Parser
from ..errors import UkdBenchError

STYLES = {'SUPPORTED': 'bold green', 'NOT SUPPORTED': 'bold red', 'INCONCLUSIVE': 'bold yellow'}


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 0, 1 with ``--check`` where the reference differs, 2 on an error."""
    parser = Parser(
        prog='python -m ukd_bench.report',
        description='Write the report of a sweep: index.html and report.md.',
    )
    parser.add_argument('results', type=Path, metavar='RESULTS', help='the folder of a sweep')
    parser.add_argument(
        '--out', type=Path, required=True, metavar='DIR', help='the folder to write'
    )
    parser.add_argument(
        '--reference', type=Path, metavar='DIR', help='the folder of a sweep to compare with'
    )
    parser.add_argument(
        '--claims', type=Path, metavar='FILE', help='decision rules in place of the shipped ones'
    )
    parser.add_argument(
        '--check',
        action='store_true',
        help='exit with status 1 if a cell differs from the reference or is missing',
    )
    options = parser.parse_args(arguments)
    if options.check and not options.reference:
        parser.error('--check needs --reference')
    try:
        # Here, so that --help and a mistyped option need not wait for pandas and matplotlib.
        from .page import write_report

        report = write_report(options.results, options.out, options.reference, options.claims)
    except UkdBenchError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    console = Console(highlight=False, soft_wrap=False)
    print_summary(report, console)
    failed = options.check and report.compared is not None and not report.compared.agrees
    return 1 if failed else 0


def print_summary(report, console: Console) -> None:
    """Prints verdicts, warnings, the comparison and where the report lies."""
    table = Table(
        title=f'Sweep {report.sweep.name}',
        title_justify='left',
        title_style='bold',
        box=None,
        pad_edge=False,
    )
    table.add_column('', no_wrap=True)
    table.add_column('Verdict', no_wrap=True)
    table.add_column('Why')
    for verdict in report.verdicts:
        table.add_row(
            verdict.id, Text(verdict.verdict, STYLES[verdict.verdict]), Text(verdict.reason)
        )
    console.print(table)
    console.print()
    if report.sweep.synthetic:
        console.print(Text('Synthetic videos: this is about the mechanism, not about ARID.'))
    for warning in report.warnings:
        console.print(Text(f'Note: {warning}'))
    if report.compared:
        console.print(Text(f'Reference: {report.compared.summary}'))
    console.print(Text(f'Report: {report.index}'), soft_wrap=True)


if __name__ == '__main__':
    sys.exit(main())

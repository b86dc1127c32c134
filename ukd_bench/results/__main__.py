"""``python -m ukd_bench.results``: what may be shared of a sweep, and its runs as a table."""

import argparse
import sys
from pathlib import Path

from ..cli.terminal import Parser
from ..errors import UkdBenchError
from .publish import publish


def main(arguments: list[str] | None = None) -> int:
    """Entry of ``python -m ukd_bench.results``."""
    parser = Parser(prog='python -m ukd_bench.results', description='Results.')
    commands = parser.add_subparsers(dest='command', required=True)
    command = commands.add_parser('publish', help='copy plan, records, scores and curves')
    command.add_argument('sweep', type=Path, help='results folder of a finished sweep')
    command.add_argument('target', type=Path, help='folder to write, e.g. results/reference/quick')
    command.set_defaults(run=_publish)
    command = commands.add_parser('export', help='write a row a run, as CSV')
    command.add_argument('sweeps', type=Path, nargs='+', metavar='SWEEP', help='results folder')
    command.add_argument('--csv', type=Path, required=True, metavar='FILE', help='file to write')
    command.set_defaults(run=_export)
    options = parser.parse_args(arguments)
    try:
        print(options.run(options))
    except (UkdBenchError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    return 0


def _publish(options: argparse.Namespace) -> str:
    return f'{options.target}: {publish(options.sweep, options.target)} runs'


def _export(options: argparse.Namespace) -> str:
    # Here, so that --help need not wait for pandas.
    from .frames import load_frame

    frame = load_frame(*options.sweeps)
    frame.to_csv(options.csv, index=False)
    return f'{options.csv}: {len(frame)} runs'


if __name__ == '__main__':
    sys.exit(main())

"""``python -m ukd_bench.results publish SWEEP TARGET``: what may be shared of a sweep."""

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
    options = parser.parse_args(arguments)
    try:
        count = publish(options.sweep, options.target)
    except (UkdBenchError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    print(f'{options.target}: {count} runs')
    return 0


if __name__ == '__main__':
    sys.exit(main())

"""``python -m ukd_bench.measure``: measurements on this machine."""

import sys
from collections.abc import Sequence

from ..cli.measure import fill as fill_command, loader as loader_command, steps as steps_command
from ..cli.terminal import run_command

COMMANDS = (loader_command, steps_command, fill_command)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry of ``python -m ukd_bench.measure``."""
    return run_command(
        'python -m ukd_bench.measure', 'Measures what depends on this machine.', COMMANDS, argv
    )


if __name__ == '__main__':
    sys.exit(main())

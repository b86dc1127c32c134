"""``python -m ukd_bench.knowledge``: fills, checks and shows knowledge banks."""

import sys
from collections.abc import Sequence

from ..cli.knowledge import fill, show, verify
from ..cli.terminal import run_command

COMMANDS = (fill, verify, show)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry of ``python -m ukd_bench.knowledge``."""
    return run_command(
        'python -m ukd_bench.knowledge', 'Fills, checks and shows knowledge banks.', COMMANDS, argv
    )


if __name__ == '__main__':
    sys.exit(main())

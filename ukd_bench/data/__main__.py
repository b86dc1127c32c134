"""``python -m ukd_bench.data``: makes, checks and prepares data sets."""

import sys
from collections.abc import Sequence
from ..cli.terminal import run_command
from ..cli.data import cache
from ..cli.data import check
from ..cli.data import flow
from ..cli.data import make


COMMANDS = (make, check, flow, cache)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry of ``python -m ukd_bench.data``."""
    return run_command(
        'python -m ukd_bench.data', 'Makes, checks and prepares data sets.', COMMANDS, argv
    )


if __name__ == '__main__':
    sys.exit(main())

"""``python -m ukd_bench.data``: the command line of ``ukd_bench.datasets``."""

import sys

from .datasets.__main__ import main

if __name__ == '__main__':
    sys.exit(main())

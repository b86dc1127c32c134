"""``python -m ukd_bench`` is ``ukd-bench``."""

import sys

from .cli.main import main

if __name__ == '__main__':
    sys.exit(main())

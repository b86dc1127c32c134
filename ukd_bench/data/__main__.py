"""``python -m ukd_bench.data`` is ``ukd-bench data``."""

import sys

from ..cli.main import door

main = door('data', 'ukd_bench.data')

if __name__ == '__main__':
    sys.exit(main())

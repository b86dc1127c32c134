"""``python -m ukd_bench.runs`` is ``ukd-bench run``."""

import sys

from ..cli.main import door

main = door('run', 'ukd_bench.runs')

if __name__ == '__main__':
    sys.exit(main())

"""``python -m ukd_bench.results`` is ``ukd-bench results``."""

import sys

from ..cli.main import door

main = door('results', 'ukd_bench.results')

if __name__ == '__main__':
    sys.exit(main())

"""``python -m ukd_bench.sweep`` is ``ukd-bench sweep``."""

import sys

from ..cli.main import door

main = door('sweep', 'ukd_bench.sweep')

if __name__ == '__main__':
    sys.exit(main())

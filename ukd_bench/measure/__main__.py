"""``python -m ukd_bench.measure`` is ``ukd-bench measure``."""

import sys

from ..cli.main import door

main = door('measure', 'ukd_bench.measure')

if __name__ == '__main__':
    sys.exit(main())

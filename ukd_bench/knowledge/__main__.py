"""``python -m ukd_bench.knowledge`` is ``ukd-bench knowledge``."""

import sys

from ..cli.main import door

main = door('knowledge', 'ukd_bench.knowledge')

if __name__ == '__main__':
    sys.exit(main())

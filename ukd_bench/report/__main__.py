"""``python -m ukd_bench.report`` is ``ukd-bench report``."""

import sys

from ..cli.main import door

main = door('report', 'ukd_bench.report')

if __name__ == '__main__':
    sys.exit(main())

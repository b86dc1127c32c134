"""What the server of :mod:`tests.warm` imports before it forks."""

from mmaction.utils import register_all_modules

import ukd_bench.report.page
import ukd_bench.runs.__main__  # noqa: F401

register_all_modules(init_default_scope=False)

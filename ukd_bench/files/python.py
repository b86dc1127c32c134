"""Starting another Python on a module of the suite."""

import os
import sys

from .configs import PACKAGE


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of the suite, as ``python -m ukd_bench.MODULE`` does."""
    return [sys.executable, '-m', f'{PACKAGE.name}.{module}', *arguments]


def python_path() -> str:
    """``PYTHONPATH`` for such a process: this very suite, then what this process was given."""
    return os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get('PYTHONPATH')])])

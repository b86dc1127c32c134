"""Python modules: found by a dotted path of the user's, and started in another process."""

import contextlib
import ctypes
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import ConfigError, one_line
from .configs import PACKAGE

_PR_SET_PDEATHSIG = 1


def working_folder_on_path() -> None:
    """Lets modules be found in the folder where the command was started.

    With ``python -m`` they are; a command that was installed looks beside itself instead.
    """
    folder = str(Path.cwd())
    if not {'', folder} & {*sys.path}:
        sys.path.insert(0, folder)


def import_by_path(path: str, what: str) -> Any:
    """Imports what a dotted path names: an attribute of a module.

    The module is looked for in the folder where the command was started and wherever else Python
    finds modules, ``PYTHONPATH`` above all.

    Args:
        path: Dotted path of the attribute.
        what: How the complaint begins, as in ``rule 'mine.Rule'``.

    Raises:
        ConfigError: the module or the attribute cannot be imported, with the reason.
    """
    working_folder_on_path()
    module, _, attribute = path.rpartition('.')
    try:
        return getattr(import_module(module), attribute)
    # Anybody's module may fail in any way.
    except (Exception, SystemExit) as problem:
        raise ConfigError(f'{what} cannot be imported: {one_line(problem)}') from problem


def class_path(kind: type) -> str:
    """The dotted path of a class."""
    return f'{kind.__module__}.{kind.__qualname__}'


def config_name(kind: Any) -> str:
    """How configs name what they give as ``type``: by its path, and the suite's by ``ukd_bench.X``.

    Args:
        kind: The ``type``, which may be a class.
    """
    path = class_path(kind) if isinstance(kind, type) else str(kind)
    scope = f'{PACKAGE.name}.'
    return scope + path.rpartition('.')[2] if path.startswith(scope) else path


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of the suite, as ``python -m ukd_bench.MODULE`` does.

    With :func:`python_path` it is this very suite: ``-P`` keeps Python from looking in the working
    folder first, which may be a clone of another version.
    """
    return [sys.executable, '-P', '-m', f'{PACKAGE.name}.{module}', *arguments]


def python_path() -> str:
    """Value of ``PYTHONPATH`` by which a process finds this very suite before all else."""
    return os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get('PYTHONPATH')])])


def die_with_parent(parent: int) -> None:
    """Has Linux kill this process when the one that started it ends, be that killed itself.

    Args:
        parent: Number of the process that started it, which may have ended already.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def exit_in_words(status: int) -> str:
    """What an exit status says, for a person; one that is negative is a signal's."""
    if status == -signal.SIGKILL:
        return 'the process was killed, as the system does when memory runs out'
    if status < 0:
        return f'the process ended by signal {signal.Signals(-status).name}'
    return f'the process ended with exit status {status}'

"""Executors, which carry runs out: on this machine, in the foreground, or a user's own way."""

import contextlib
from inspect import isclass

from ...errors import ConfigError, told_in_one_line
from ...files.python import import_by_path
from .base import Detached, Executor, Job, Resources
from .inline import InlineExecutor
from .local import LocalExecutor
from .slurm import SlurmExecutor, SlurmOptions

__all__ = [
    'EXECUTORS', 'Detached', 'Executor', 'Job', 'Resources', 'SlurmOptions', 'build_executor',
    'executor_class', 'own_code',
]  # fmt: skip

EXECUTORS: dict[str, type[Executor]] = {
    'local': LocalExecutor,
    'inline': InlineExecutor,
    'slurm': SlurmExecutor,
}
"""The suite's executors, by the name that ``--executor`` takes."""


def build_executor(name: str, resources: Resources) -> Executor:
    """The executor that ``--executor`` names.

    Args:
        name: A name of :data:`EXECUTORS`, or the dotted path of an :class:`Executor` in any module
            that can be imported.
        resources: What the executor may use.

    Raises:
        ConfigError: there is no such executor, it cannot be imported, or cannot do with the
            resources.
    """
    kind = executor_class(name)
    if resources.detach and not kind.outlives:
        raise ConfigError(f'--detach: runs of the executor {name} end with the sweep')
    if resources.runs_per_gpu > 1 and not kind.shares_gpus:
        raise ConfigError(
            f'--runs-per-gpu {resources.runs_per_gpu}: the executor {name} has no runs share a GPU'
        )
    if name in EXECUTORS:
        return kind(resources)
    with told_in_one_line(f'executor {name!r}'):
        executor = kind(resources)
    if type(executor.capacity) is not int or executor.capacity < 1:
        raise ConfigError(
            f'executor {name!r}: capacity = {executor.capacity!r} is no number of runs'
        )
    return executor


def executor_class(name: str) -> type[Executor]:
    """The class that ``--executor`` names.

    Raises:
        ConfigError: there is no such executor, or it cannot be imported.
    """
    return EXECUTORS.get(name) or _import(name)


def own_code(executor: Executor) -> contextlib.AbstractContextManager:
    """A block in which an executor of the user's own fails in one line; the suite's do not."""
    kind = type(executor)
    if kind in EXECUTORS.values():
        return contextlib.nullcontext()
    return told_in_one_line(f"executor '{kind.__module__}.{kind.__qualname__}'")


def _import(path: str) -> type[Executor]:
    wrong = f'executor {path!r} is none of {", ".join(EXECUTORS)}'
    if '.' not in path:
        raise ConfigError(f'{wrong} and no dotted path')
    found = import_by_path(path, f'{wrong} and')
    if not (isclass(found) and issubclass(found, Executor)):
        raise ConfigError(f'{wrong} and no path of an Executor')
    return found

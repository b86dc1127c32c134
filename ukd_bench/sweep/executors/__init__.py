"""How runs are carried out: here, one after another, or by a class of the user's."""

from inspect import isclass

from ...errors import ConfigError
from ...files.python import import_by_path
from .base import Executor, Job, Resources
from .inline import InlineExecutor
from .local import LocalExecutor

__all__ = ['EXECUTORS', 'Executor', 'Job', 'Resources', 'build_executor']

EXECUTORS: dict[str, type[Executor]] = {'local': LocalExecutor, 'inline': InlineExecutor}
"""By the name that ``--executor`` takes."""


def build_executor(name: str, resources: Resources) -> Executor:
    """The executor that ``--executor`` names.

    Args:
        name: Of :data:`EXECUTORS`, or the dotted path of an :class:`Executor` in any module that
            can be imported.
        resources: What it may use.

    Raises:
        ConfigError: there is no such executor, it cannot be imported, or cannot do with the
            resources.
    """
    found = EXECUTORS.get(name)
    return (found or _import(name))(resources)


def _import(path: str) -> type[Executor]:
    wrong = f'executor {path!r} is none of {", ".join(EXECUTORS)}'
    if '.' not in path:
        raise ConfigError(f'{wrong} and no dotted path')
    found = import_by_path(path, f'{wrong} and')
    if not (isclass(found) and issubclass(found, Executor)):
        raise ConfigError(f'{wrong} and no path of an Executor')
    return found

"""The config of a method's student: its own file or one that it borrows, and the hook in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..files.python import config_name
from .config_files import custom_hooks, fill_in, find_config_by_path, load_config
from .table import FLOOR, METHOD_TABLE, REPLAY_HOOK, Method

if TYPE_CHECKING:
    from mmengine.config import Config

_SUITE_HOOKS = {REPLAY_HOOK, *(row.hook for row in METHOD_TABLE.values())}


def student_config(template: str, method: Method, student: str) -> 'Config':
    """The config that a student of a method is trained by, before a sweep's axes are applied.

    Where the method has no file of its own, it takes that of the method it borrows from, with its
    own hook in it. Where the path names no method, one file serves all: a method's hook takes the
    place of the one that only replays views, and all other hooks stay.

    Args:
        template: Path of students' configs, with ``{method}`` and ``{student}``.
        method: The method's row.
        student: Name of the backbone.

    Raises:
        ConfigError: there is no config, it cannot be used, or its hook is not the method's.
    """
    own = student_config_path(template, method, student)
    if find_config_by_path(own) is not None or method.borrows is None:
        config = load_config(own)
        if '{method' not in template:
            _make_of_plain(config, method, own)
        method_hook(config, method, own)
        return config
    lender = METHOD_TABLE[method.borrows]
    config = student_config(template, lender, student)
    method_hook(config, lender, own)['type'] = method.hook or REPLAY_HOOK
    return config


def _make_of_plain(config: 'Config', method: Method, where: str) -> None:
    """Puts a method's hook into one file for all methods, in the place of the one that replays."""
    if method.hook is None and method.borrows is None and method.name != FLOOR:
        raise ConfigError(
            f'student_config {where!r} has no {{method}} in its path: {method.name!r} differs from '
            f'{FLOOR!r} by its config alone, and needs a file of its own'
        )
    for hook in custom_hooks(config):
        if _path(hook) == REPLAY_HOOK and method.hook is not None:
            hook['type'] = method.hook


def student_config_path(template: str, method: Method, student: str) -> str:
    """Path of the config that a method has of its own, whether or not there is one."""
    return fill_in('student_config', template, method=method.name, student=student)


def method_hook(config: 'Config', method: Method, where: str | Path) -> Any:
    """The hook that makes a config one of a method, to be changed in place.

    Args:
        config: Config of a run.
        method: The method's row; where it distils nothing, its hook replays views and no more.
        where: What messages call the config.

    Raises:
        ConfigError: the config has none, more than one, or the hook of something else: what a
            report calls by a method's name must be that method.
    """
    wanted = method.hook or REPLAY_HOOK
    hooks = [
        hook
        for hook in custom_hooks(config)
        if _path(hook) in {wanted, *_SUITE_HOOKS} or 'pool' in hook
    ]
    if len(hooks) != 1:
        raise ConfigError(f'config {where}: needs one hook {wanted}, has {len(hooks)} of its kind')
    if _path(hooks[0]) != wanted:
        raise ConfigError(
            f'config {where}: has the hook {_path(hooks[0])}, but method {method.name!r} is '
            f"{wanted}; a method of your own is a dict in a sweep's `methods`"
        )
    return hooks[0]


def set_hook(
    hook: Any,
    method: Method,
    *,
    num_teachers: int,
    view_seed: int,
    num_views: int | None = None,
    pool: Any = None,
    distillation: Mapping[str, Any] | None = None,
) -> None:
    """Gives a method's hook what a plan decides.

    Args:
        hook: See :func:`method_hook`.
        method: The method's row; its own arguments come before ``distillation``.
        num_teachers: K.
        view_seed: Seed of the students' views.
        num_views: Number of views after which they repeat; None leaves that to the config. What
            reads no bank must repeat its views as the banks do.
        pool: Pool of the teachers that are read: a file or a list.
        distillation: Rule, weight and temperature, as far as they are given.
    """
    hook['view_seed'] = view_seed
    if num_views is not None:
        hook['num_views'] = num_views
    if method.distils:
        hook.update(distillation or {}, num_teachers=num_teachers)
        hook.pop('pool', None)
    hook.update(method.arguments)
    if method.reads:
        hook['pool'] = pool


def _path(hook: Any) -> str:
    """A hook's path; for one of the suite's, the path by which configs name it."""
    return config_name(hook.get('type', ''))

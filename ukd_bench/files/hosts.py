"""Paths that have another beginning on another host, for a process that was planned elsewhere.

A sweep's ``hosts`` say which, by the names of hosts. Its runs are told by a variable of their
environment: it reaches them before they know where their own folder lies, whoever starts them, and
the processes that they start.
"""

import json
import os
import socket
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from ..errors import ConfigError, quoted

VARIABLE = 'UKD_BENCH_HOSTS'
"""Holds, as JSON, an object of paths by paths for each pattern of hosts' names."""

Hosts = Mapping[str, Mapping[str, str]]


def check_hosts(hosts: Mapping[Any, Any]) -> None:
    """Refuses what is no map of paths.

    Raises:
        ConfigError: naming the first value that cannot be used.
    """
    for pattern, moves in hosts.items():
        where = f'hosts[{quoted(pattern)}]'
        if not (isinstance(pattern, str) and pattern.strip()):
            raise ConfigError(f'hosts: {quoted(pattern)} is no name of a host')
        if not isinstance(moves, Mapping) or not moves:
            raise ConfigError(f'{where} is {quoted(moves)}, not a dict of paths by paths')
        for before, after in moves.items():
            for path in (before, after):
                if not (isinstance(path, str) and os.path.isabs(path) and '\0' not in path):
                    raise ConfigError(f'{where}: {quoted(path)} is no absolute path')
            if os.path.normpath(before) == '/':
                raise ConfigError(f"{where}: '/' is where all paths begin, suite and Python too")


def told_of(hosts: Hosts) -> dict[str, str]:
    """The variables by which the processes of runs are told; none where there is nothing to tell.

    Configs hold paths without symbolic links, so that a path which has one counts both ways.
    """
    if not hosts:
        return {}
    both = {
        pattern: {
            way(before): after for before, after in moves.items() for way in (os.path.realpath, str)
        }
        for pattern, moves in hosts.items()
    }
    return {VARIABLE: json.dumps(both, sort_keys=True)}


def has_moves() -> bool:
    """Whether any path is another one on this host.

    Raises:
        ConfigError: the variable holds no map of paths.
    """
    return bool(_moves_here(os.environ.get(VARIABLE, '')))


def moved(value: Any) -> Any:
    """A copy of plain values with all paths in it as they are on this host.

    A text counts as a path where all of it is one that the hosts' map has, or one below that.

    Raises:
        ConfigError: the variable holds no such map.
    """
    moves = _moves_here(os.environ.get(VARIABLE, ''))
    return _moved(value, moves) if moves else value


def moved_path(path: str) -> str:
    """A path as it is on this host; a relative one stays as it is where nothing is to be done."""
    whole = os.path.abspath(path)
    here = moved(whole)
    return path if here == whole else here


@cache
def _moves_here(text: str) -> tuple[tuple[str, str], ...]:
    """Paths with those that take their place, the longest first; none on most hosts."""
    if not text:
        return ()
    try:
        hosts = json.loads(text)
        if not isinstance(hosts, dict):
            raise ConfigError('it is no object')
        check_hosts(hosts)
    except ValueError as error:
        raise ConfigError(f'{VARIABLE}: holds no map of paths ({error})') from error
    name = socket.gethostname()
    names = {name, name.partition('.')[0]}
    moves = {
        before.rstrip('/'): after.rstrip('/') or '/'
        for pattern, all_of_it in hosts.items()
        if any(fnmatchcase(name, pattern) for name in names)
        for before, after in all_of_it.items()
    }
    return tuple(sorted(moves.items(), key=lambda move: -len(move[0])))


def _moved(value: Any, moves: tuple[tuple[str, str], ...]) -> Any:
    if isinstance(value, dict):
        return {name: _moved(one, moves) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_moved(one, moves) for one in value)
    if isinstance(value, str):
        for before, after in moves:
            if value == before or value.startswith(f'{before}/'):
                return os.path.join(after, value[len(before) + 1 :]) if value != before else after
    return value

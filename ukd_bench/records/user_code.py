"""The user's own code that a run's config names, found without importing it; part of the key."""

import ast
import contextlib
import re
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..files.configs import PACKAGE
from ..files.hashes import digest, file_sha256
from ..files.python import working_folder_on_path

_DOTTED = re.compile(r'[^\W\d]\w*(\.[^\W\d]\w*)+')
"""Strings that may be the dotted path of a class, a function or a module."""


def user_sources(config: Any) -> dict[str, str]:
    """SHA-256 of the code of each module that a config names and nobody installed.

    The modules are those of all dotted paths in the config, whatever key they stand under, those of
    ``custom_imports``, and what all these import in turn; of a package every module counts. No
    module is imported.

    Args:
        config: A config as plain dicts and lists, or a part of one.

    Returns:
        Hashes by the name of the module or package at the top, sorted.
    """
    found: dict[str, str] = {}
    seen, waiting = set(), {*_tops(_named_modules(config))}
    while waiting:
        name = waiting.pop()
        seen.add(name)
        if files := _files(name):
            found[name] = _sha256(files)
            waiting |= {*_tops(_imported(path for _, path in files))} - seen
    return dict(sorted(found.items()))


def changed_sources(sources: Mapping[str, str]) -> list[str]:
    """Names of the modules whose code is no longer what it was, be it absent or elsewhere.

    Args:
        sources: What :func:`user_sources` gave.
    """
    working_folder_on_path()
    return [name for name, sha256 in sources.items() if _sha256(_files(name)) != sha256]


def _sha256(files: list[tuple[str, Path]]) -> str:
    return digest([(relative, file_sha256(path)) for relative, path in files])


def _tops(modules: Iterable[str]) -> Iterator[str]:
    return (module.split('.')[0] for module in modules)


def _named_modules(config: Any) -> Iterator[str]:
    if isinstance(config, dict):
        for key, value in config.items():
            if key == 'custom_imports' and isinstance(value, dict):
                imports = value.get('imports') or ()
                yield from [imports] if isinstance(imports, str) else imports
            else:
                yield from _named_modules(value)
    elif isinstance(config, (list, tuple)):
        for item in config:
            yield from _named_modules(item)
    elif isinstance(config, str) and _DOTTED.fullmatch(config):
        yield config


def _imported(files: Iterable[Path]) -> Iterator[str]:
    """Modules that Python files import, wherever in the file they do, relative ones left out."""
    for file in files:
        # A file that is no Python fails when it is imported.
        with contextlib.suppress(SyntaxError, ValueError):
            for node in ast.walk(ast.parse(file.read_bytes())):
                if isinstance(node, ast.Import):
                    yield from (alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield node.module


def _files(name: str) -> list[tuple[str, Path]]:
    """The files of a module or package of the user's, relative and whole; empty for any other."""
    try:
        spec = find_spec(name)
    # The module that runs as a script has no spec.
    except ValueError:
        return []
    if spec is None:
        return []
    file = Path(spec.origin or '')
    if spec.submodule_search_locations:
        pattern, folders = '**/*.py', [Path(place) for place in spec.submodule_search_locations]
    else:
        pattern, folders = file.name, [file.parent] if file.suffix == '.py' else []
    return [
        (str(path.relative_to(folder)), path)
        for folder in folders
        if not _is_installed(folder)
        for path in sorted(folder.glob(pattern))
    ]


def _is_installed(folder: Path) -> bool:
    """Whether what lies there belongs to Python, to an installed package or to the suite itself."""
    paths = sysconfig.get_paths()
    roots = [PACKAGE, *(Path(paths[name]) for name in ('stdlib', 'purelib', 'platlib'))]
    return any(folder.resolve().is_relative_to(root.resolve()) for root in roots)

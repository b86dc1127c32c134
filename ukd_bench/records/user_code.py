"""The user's own code that a run's config names, found without importing it; part of the key."""

import ast
import contextlib
import os
import re
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..files.configs import PACKAGE
from ..files.hashes import digest, file_sha256
from ..files.python import working_folder_on_path

_DOTTED = re.compile(r'[^\W\d]\w*(\.[^\W\d]\w*)+')
"""Strings that may be the dotted path of a class, a function or a module."""
_CODE = (*SOURCE_SUFFIXES, *EXTENSION_SUFFIXES)
_INSTALLED = {'site-packages', 'dist-packages'}
"""Names of the folders that packages are installed in, for one user or for all."""


def user_sources(config: Any) -> dict[str, str]:
    """SHA-256 of the code of each module that a config names and nobody installed.

    The modules are those of all dotted paths in the config, whatever key they stand under, those of
    ``custom_imports``, and what all these import in turn, Python and compiled ones. Of a package
    every module counts, and of a folder without ``__init__.py`` each one that is named or imported.
    No module is imported.

    Args:
        config: A config as plain dicts and lists, or a part of one.

    Returns:
        Hashes by the name of the module, or of the outermost package around it, sorted.
    """
    found: dict[str, str] = {}
    top_spec = cache(_top_spec)
    seen, known = set(), set()
    waiting = {*_named_modules(config)}
    while waiting:
        module = waiting.pop()
        seen.add(module)
        name, spec = _outermost(module, top_spec)
        if name in known:
            continue
        known.add(name)
        if files := _files(spec):
            hashes = [(relative, file_sha256(path)) for relative, path in files]
            found[name] = digest(hashes)
            whole = spec is not None and spec.submodule_search_locations is not None
            for (relative, path), (_, sha256) in zip(files, hashes, strict=True):
                parts = (*name.split('.'), *Path(relative).parts[:-1])
                waiting |= _imported(path, sha256, parts if whole else parts[:-1]) - seen
    return dict(sorted(found.items()))


def changed_sources(sources: Mapping[str, str]) -> list[str]:
    """Names of the modules whose code is no longer what it was, be it absent or elsewhere.

    Args:
        sources: What :func:`user_sources` gave.
    """
    working_folder_on_path()
    return [name for name, sha256 in sources.items() if _sha256_of(name) != sha256]


def _sha256_of(name: str) -> str:
    files = _files(_outermost(name, _top_spec)[1])
    return digest([(relative, file_sha256(path)) for relative, path in files])


def _named_modules(config: Any) -> Iterator[str]:
    if isinstance(config, dict):
        for key, value in config.items():
            if key == 'custom_imports' and isinstance(value, dict):
                imports = value.get('imports')
                imports = imports if isinstance(imports, (list, tuple)) else [imports]
                # What else it holds, MMEngine refuses.
                yield from (name for name in imports if isinstance(name, str))
            else:
                yield from _named_modules(value)
    elif isinstance(config, (list, tuple)):
        for item in config:
            yield from _named_modules(item)
    elif isinstance(config, str) and _DOTTED.fullmatch(config):
        yield config


# Parsing takes most of the time, and every run of a plan asks for the same files.
@cache
def _imported(path: Path, sha256: str, package: tuple[str, ...]) -> frozenset[str]:
    """Modules that a file in a package imports, wherever in it, and names that may be modules."""
    found: set[str] = set()
    if path.suffix not in SOURCE_SUFFIXES:
        return frozenset(found)
    # A file that is no Python fails when it is imported.
    with contextlib.suppress(SyntaxError, ValueError):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = package[: max(0, len(package) - node.level + 1)] if node.level else ()
                base = (*base, *filter(None, [node.module]))
                # What is imported from a folder or a package may be a module of it.
                found |= {'.'.join((*base, alias.name)) for alias in node.names}
                found |= {'.'.join(base)} if base else set()
    return frozenset(found)


def _top_spec(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    # The module that runs as a script has no spec.
    except ValueError:
        return None


def _outermost(
    module: str, top_spec: Callable[[str], ModuleSpec | None]
) -> tuple[str, ModuleSpec | None]:
    """The outermost package around a module, or what lies in mere folders, and where it lies."""
    name, *rest = module.split('.')
    spec = top_spec(name)
    # A folder without `__init__.py` has no code of its own, and any folder may look like a package.
    while spec is not None and not spec.has_location:
        if not rest or spec.submodule_search_locations is None:
            return name, None
        part = rest.pop(0)
        # By its last part alone, since for the whole Python would want the folder imported.
        spec = PathFinder.find_spec(part, [*spec.submodule_search_locations])
        name = f'{name}.{part}'
    return name, spec


def _files(spec: ModuleSpec | None) -> list[tuple[str, Path]]:
    """The files of a module or package of the user's, relative and whole; empty for any other."""
    if spec is None or _is_installed(Path(spec.origin or '').parent):
        return []
    if spec.submodule_search_locations is None:
        file = Path(spec.origin or '')
        return [(file.name, file)]
    return sorted(
        (Path(top, name).relative_to(folder).as_posix(), Path(top, name))
        for folder in spec.submodule_search_locations
        for top, _, names in os.walk(folder)
        for name in names
        if name.endswith(_CODE)
    )


def _is_installed(folder: Path) -> bool:
    """Whether what lies there belongs to Python, to an installed package or to the suite itself."""
    folder = folder.resolve()
    roots = [PACKAGE, *(Path(sysconfig.get_path(name)) for name in ('stdlib', 'platstdlib'))]
    return not _INSTALLED.isdisjoint(folder.parts) or any(
        folder.is_relative_to(root.resolve()) for root in roots
    )

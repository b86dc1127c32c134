"""Parts of a run's key: the scientific part of its config, and the user's code that it names."""

import ast
import contextlib
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..files.configs import PACKAGE
from ..files.hashes import digest, file_sha256

PROTOCOL_VERSION = 1
"""Version that is raised whenever a change alters what a run computes; part of every key."""


_NOT_SCIENTIFIC = (
    # Places on a machine.
    'data_root', 'pool', 'previous', 'work_dir', 'ann_file', 'data_prefix', 'cache', 'flow_root',
    # Which lists there are; the clips themselves are identified by content.
    'edition',
    # How a run is carried out and what it prints, which cannot change what it computes.
    'num_workers', 'persistent_workers', 'pin_memory', 'launcher', 'log_level', 'log_processor',
    'visualizer', 'vis_backends',
)  # fmt: skip


def scientific(config: Any) -> Any:
    """A copy of a config with only what can change a result.

    Tuples become lists, and classes, which a config may hold instead of names, their paths.
    """
    if isinstance(config, dict):
        return {
            key: scientific(value) for key, value in config.items() if key not in _NOT_SCIENTIFIC
        }
    if isinstance(config, (list, tuple)):
        return [scientific(value) for value in config]
    return f'{config.__module__}.{config.__qualname__}' if isinstance(config, type) else config


_NAMING_KEYS = ('type', 'rule', 'loss')
"""Keys of a config whose value may be the dotted path of a class."""


def user_sources(config: Any) -> dict[str, str]:
    """SHA-256 of the code of each module that a config names and nobody installed.

    The modules are those of dotted paths in ``type``, ``rule`` and ``loss``, those of
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


def changed_sources(sources: dict[str, str]) -> list[str]:
    """The names in what :func:`user_sources` returned whose code is another now, or is gone."""
    return [name for name, sha256 in sources.items() if _sha256(_files(name)) != sha256]


def _sha256(files: list[tuple[str, Path]]) -> str:
    return digest([(relative, file_sha256(path)) for relative, path in files])


def _tops(modules: Iterable[str]) -> Iterator[str]:
    return (module.split('.')[0] for module in modules)


def _named_modules(config: Any) -> Iterator[str]:
    if isinstance(config, dict):
        for key, value in config.items():
            if key in _NAMING_KEYS and isinstance(value, str) and '.' in value:
                yield value.rpartition('.')[0]
            elif key == 'custom_imports' and isinstance(value, dict):
                imports = value.get('imports', ())
                yield from [imports] if isinstance(imports, str) else imports
            else:
                yield from _named_modules(value)
    elif isinstance(config, (list, tuple)):
        for item in config:
            yield from _named_modules(item)


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

"""The source that a run's process can import, found without importing any of it."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ..files.configs import PACKAGE
from ..files.hashes import digest

Module = tuple[str, ...]
"""A module's dotted path below the package; the package itself is the empty one."""

_CARRIES_OUT: Module = ('runs', 'carry_out')
"""What a run's process does; the rest of the command line that leads there is no part of a run."""
_REGISTRY: Module = ('registry',)
_FOR_TYPES = ('TYPE_CHECKING', 'typing.TYPE_CHECKING')


@cache
def source_sha256() -> str:
    """Hash of the package's source, as far as a run's process can import it."""
    return digest(run_sources())


def run_sources(root: Path = PACKAGE) -> dict[str, str]:
    """SHA-256 of each file of the package that a run's process can import.

    They are what carries out a run, what the registries find classes in, and what these import in
    turn, be it in a function; imports for type checking alone are none.

    Args:
        root: Folder of the package.

    Returns:
        Hashes by path below the root, sorted.
    """
    found: dict[str, str] = {}
    seen: set[Module] = set()
    waiting = [_CARRIES_OUT, *_locations(root)]
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        file = _file(root, module)
        if file is None:
            continue
        content = file.read_bytes()
        found[file.relative_to(root).as_posix()] = hashlib.sha256(content).hexdigest()
        # Importing a module imports the packages that it lies in.
        waiting += [module[:-1]] if module else []
        package = module if file.name == '__init__.py' else module[:-1]
        waiting += _imported(ast.parse(content), package)
    return dict(sorted(found.items()))


def _file(root: Path, module: Module) -> Path | None:
    """The file of a module or package; None where the name is something else."""
    folder = root.joinpath(*module)
    if (folder / '__init__.py').is_file():
        return folder / '__init__.py'
    file = folder.with_name(f'{folder.name}.py')
    return file if module and file.is_file() else None


def _locations(root: Path) -> Iterator[Module]:
    """The modules that the registries name as those of their classes."""
    registry = root.joinpath(*_REGISTRY).with_suffix('.py')
    for node in ast.walk(ast.parse(registry.read_bytes())):
        if isinstance(node, ast.keyword) and node.arg == 'locations':
            yield from (tuple(name.split('.')[1:]) for name in ast.literal_eval(node.value))


def _imported(tree: ast.Module, package: Module) -> Iterator[Module]:
    """The modules of the suite that a module imports, and names in them that may be modules."""
    for statement in _statements(tree):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                top, *rest = alias.name.split('.')
                if top == PACKAGE.name:
                    yield tuple(rest)
        elif isinstance(statement, ast.ImportFrom):
            named = tuple(filter(None, (statement.module or '').split('.')))
            if statement.level:
                base: Module = (*package[: len(package) - statement.level + 1], *named)
            elif named[0] == PACKAGE.name:
                base = named[1:]
            else:
                continue
            yield base
            yield from ((*base, alias.name) for alias in statement.names)


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """All statements, those in others included, but for what stands under ``TYPE_CHECKING``."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        parts: tuple[str, ...] = ('body', 'orelse', 'finalbody', 'handlers', 'cases')
        if isinstance(node, ast.If) and ast.unparse(node.test) in _FOR_TYPES:
            parts = ('orelse',)
        for part in parts:
            # The body of a lambda or of a conditional expression is no list.
            inner = getattr(node, part, None)
            waiting += inner if isinstance(inner, list) else []

"""The suite's MMEngine registries: what a config may name as ``type='ukd_bench.X'``.

Each is a child of MMEngine's root registry of that kind, so the prefix resolves in any MMAction2
config without ``custom_imports``.
"""

from importlib import import_module
from inspect import isclass, signature
from typing import Any, TypeVar

from mmengine.registry import (
    DATASETS as MMENGINE_DATASETS,
    HOOKS as MMENGINE_HOOKS,
    METRICS as MMENGINE_METRICS,
    MODELS as MMENGINE_MODELS,
    TRANSFORMS as MMENGINE_TRANSFORMS,
    Registry,
)

from .errors import ConfigError, one_line

SCOPE = 'ukd_bench'
Base = TypeVar('Base')

DATASETS = Registry(
    'dataset', parent=MMENGINE_DATASETS, scope=SCOPE, locations=['ukd_bench.data.arid.dataset']
)
TRANSFORMS = Registry(
    'transform',
    parent=MMENGINE_TRANSFORMS,
    scope=SCOPE,
    locations=[
        'ukd_bench.data.views.draw',
        'ukd_bench.data.video.steps',
        'ukd_bench.data.flow.steps',
    ],
)
MODELS = Registry(
    'model',
    parent=MMENGINE_MODELS,
    scope=SCOPE,
    locations=['ukd_bench.enhance', 'ukd_bench.models'],
)
HOOKS = Registry(
    'hook',
    parent=MMENGINE_HOOKS,
    scope=SCOPE,
    locations=['ukd_bench.distill', 'ukd_bench.measure', 'ukd_bench.models'],
)
METRICS = Registry('metric', parent=MMENGINE_METRICS, scope=SCOPE, locations=['ukd_bench.measure'])
ASSEMBLY_RULES = Registry('rule', scope=SCOPE, locations=['ukd_bench.knowledge.assembly'])
ENHANCEMENTS = Registry('enhancement', scope=SCOPE, locations=['ukd_bench.enhance'])


def build_named(registry: Registry, config: str | dict, base: type[Base], what: str) -> Base:
    """What a config asks for: one of the suite's by its name, or anybody's by its dotted path.

    Args:
        registry: Holds the suite's, and what the modules of ``custom_imports`` registered.
        config: A registered name, with or without the suite's prefix, or the dotted path of a class
            in any module that can be imported; or a dict with such a ``type`` and arguments.
        base: What the class must derive from.
        what: Stands before the name in errors, such as ``rule``.

    Raises:
        ConfigError: there is no such class, it cannot be imported, or it refuses the arguments.
    """
    name, arguments = name_and_arguments(registry, config, what)
    kind = _find(registry, name, base, what)
    try:
        return kind(**arguments)
    except ConfigError:
        raise
    # What is anybody's may refuse its arguments in any way.
    except Exception as problem:
        takes = ', '.join(signature(kind).parameters) or 'no arguments'
        raise ConfigError(f'{what} {name!r} takes {takes}: {one_line(problem)}') from problem


def name_and_arguments(
    registry: Registry, config: str | dict, what: str
) -> tuple[str, dict[str, Any]]:
    """The two parts of a config that :func:`build_named` takes.

    Raises:
        ConfigError: the config is neither a string nor a dict with a ``type``.
    """
    arguments = dict(config) if isinstance(config, dict) else dict(type=config)
    name = arguments.pop('type', None)
    if not isinstance(name, str):
        raise ConfigError(f'{what} = {config!r} is {_none_of(registry)} and has no such type')
    return name, arguments


def _find(registry: Registry, name: str, base: type[Base], what: str) -> type[Base]:
    found = registry.module_dict.get(name.removeprefix(f'{SCOPE}.'))
    module, _, attribute = name.rpartition('.')
    # Not by the registry's own look-up: it hides why a module of the user's cannot be imported.
    if found is None and module:
        try:
            found = getattr(import_module(module), attribute)
        # Anybody's module may fail in any way.
        except Exception as problem:
            raise ConfigError(
                f'{what} {name!r} is {_none_of(registry)} and cannot be imported: '
                f'{one_line(problem)}'
            ) from problem
    if not (isclass(found) and issubclass(found, base)):
        raise ConfigError(f'{what} {name!r} is {_none_of(registry)} and no path of {_a(base)}')
    return found


def _none_of(registry: Registry) -> str:
    return f'none of {", ".join(sorted(registry.module_dict))}'


def _a(kind: type) -> str:
    return f'{"an" if kind.__name__[0] in "AEIOU" else "a"} {kind.__name__}'

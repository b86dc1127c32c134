"""The suite's MMEngine registries of all that a config may name as ``type='ukd_bench.X'``.

Each is a child of MMEngine's root registry of that kind, so the prefix resolves in any MMAction2
config without ``custom_imports``. Rules and losses are named by what distils, see
:func:`build_named`.
"""

from inspect import isclass, signature
from typing import Any

from mmengine.registry import (
    DATASETS as MMENGINE_DATASETS,
    HOOKS as MMENGINE_HOOKS,
    METRICS as MMENGINE_METRICS,
    MODELS as MMENGINE_MODELS,
    TRANSFORMS as MMENGINE_TRANSFORMS,
    VISBACKENDS as MMENGINE_VISBACKENDS,
    Registry,
)

from .errors import ConfigError, one_line
from .files.python import import_by_path

SCOPE = 'ukd_bench'

DATASETS = Registry(
    'dataset', parent=MMENGINE_DATASETS, scope=SCOPE, locations=['ukd_bench.data.arid.dataset']
)
TRANSFORMS = Registry(
    'transform',
    parent=MMENGINE_TRANSFORMS,
    scope=SCOPE,
    locations=[
        'ukd_bench.data.views.draw',
        'ukd_bench.data.video.loading',
        'ukd_bench.data.flow.open_flow',
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
    locations=['ukd_bench.distill', 'ukd_bench.measure.measure_hook', 'ukd_bench.models'],
)
METRICS = Registry(
    'metric', parent=MMENGINE_METRICS, scope=SCOPE, locations=['ukd_bench.measure.prediction']
)
VISBACKENDS = Registry(
    'vis_backend',
    parent=MMENGINE_VISBACKENDS,
    scope=SCOPE,
    locations=['ukd_bench.runs.trackers'],
)
ASSEMBLY_RULES = Registry('rule', scope=SCOPE, locations=['ukd_bench.knowledge.assembly'])
LOSSES = Registry('loss', scope=SCOPE, locations=['ukd_bench.distill.losses'])
ENHANCEMENTS = Registry('enhancement', scope=SCOPE, locations=['ukd_bench.enhance'])


def build_named(config: str | dict, registry: Registry, base: type) -> Any:
    """Builds what a config names, a class of the user's included.

    Args:
        config: A name in ``registry``, with or without the suite's prefix, or the dotted path of a
            subclass of ``base`` in any module that can be imported; or a dict with such a ``type``
            and the arguments of the class.
        registry: Registry of the suite's own classes, all imported by now; errors call what is
            built by the registry's name.
        base: Class that what is built must be derived from.

    Raises:
        ConfigError: there is no such class, it cannot be imported, or it refuses the arguments.
    """
    name, arguments = _split(config, registry)
    kind = _find(name, registry, base)
    try:
        return kind(**arguments)
    except ConfigError:
        raise
    # Anybody's class may refuse its arguments in any way.
    except Exception as problem:
        takes = ', '.join(signature(kind).parameters) or 'no arguments'
        raise ConfigError(
            f'{registry.name} {name!r} takes {takes}: {one_line(problem)}'
        ) from problem


def name_with_arguments(config: str | dict, registry: Registry) -> str:
    """Name in tables of what a config names: its name or path, and its arguments if any.

    Raises:
        ConfigError: the config is neither a string nor a dict with a ``type``.
    """
    name, arguments = _split(config, registry)
    values = ', '.join(f'{argument}={value!r}' for argument, value in sorted(arguments.items()))
    return f'{name}({values})' if arguments else name


def _split(config: str | dict, registry: Registry) -> tuple[str, dict]:
    arguments = dict(config) if isinstance(config, dict) else dict(type=config)
    name = arguments.pop('type', None)
    if not isinstance(name, str):
        raise ConfigError(
            f'{registry.name} = {config!r} is {_none_of(registry)} and has no such type'
        )
    return name, arguments


def _find(name: str, registry: Registry, base: type) -> type:
    refused = f'{registry.name} {name!r} is {_none_of(registry)} and'
    found = registry.module_dict.get(name.removeprefix(f'{SCOPE}.'))
    # The registry's own look-up would hide why a module of the user's cannot be imported.
    if found is None and name.rpartition('.')[0]:
        found = import_by_path(name, refused)
    if not (isclass(found) and issubclass(found, base)):
        article = 'an' if base.__name__[0] in 'AEIOU' else 'a'
        raise ConfigError(f'{refused} no path of {article} {base.__name__}')
    return found


def _none_of(registry: Registry) -> str:
    return f'none of {", ".join(sorted(registry.module_dict))}'

"""Rules that fold the scores of K teachers into one target distribution, by name or by path."""

from importlib import import_module
from inspect import isclass, signature
from typing import Any

from ...errors import ConfigError, one_line
from ...registry import ASSEMBLY_RULES
from .aekd import AEKD
from .means import MeanLogit, MeanProbability
from .rule import AssemblyRule, WeightedMean
from .weighted import ConfidenceAware, EntropyWeighted, FixedWeights

__all__ = [
    'AEKD',
    'AssemblyRule',
    'ConfidenceAware',
    'EntropyWeighted',
    'FixedWeights',
    'MeanLogit',
    'MeanProbability',
    'WeightedMean',
    'build_rule',
    'rule_name',
]


def build_rule(config: str | dict[str, Any]) -> AssemblyRule:
    """The rule that a config asks for.

    Args:
        config: A name of ``ASSEMBLY_RULES``, or the dotted path of an :class:`AssemblyRule` in any
            module that can be imported; or a dict with such a ``type`` and the rule's arguments.

    Raises:
        ConfigError: there is no such rule, it cannot be imported, or it refuses the arguments.
    """
    name, arguments = _split(config)
    kind = _find(name)
    try:
        return kind(**arguments)
    except ConfigError:
        raise
    # Anybody's rule may refuse its arguments in any way.
    except Exception as problem:
        takes = ', '.join(signature(kind).parameters) or 'no arguments'
        raise ConfigError(f'rule {name!r} takes {takes}: {one_line(problem)}') from problem


def rule_name(config: str | dict[str, Any]) -> str:
    """What tables call the rule of a config: its name or path, and its arguments if it has any.

    Raises:
        ConfigError: the config is neither a string nor a dict with a ``type``.
    """
    name, arguments = _split(config)
    values = ', '.join(f'{argument}={value!r}' for argument, value in sorted(arguments.items()))
    return f'{name}({values})' if arguments else name


def _split(config: str | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    arguments = dict(config) if isinstance(config, dict) else dict(type=config)
    name = arguments.pop('type', None)
    if not isinstance(name, str):
        raise ConfigError(f'rule = {config!r} is {_none_of()} and has no such type')
    return name, arguments


def _find(name: str) -> type[AssemblyRule]:
    found = ASSEMBLY_RULES.module_dict.get(name)
    module, _, attribute = name.rpartition('.')
    # Not by the registry's own look-up: it hides why a module of the user's cannot be imported.
    if found is None and module:
        try:
            found = getattr(import_module(module), attribute)
        # Anybody's module may fail in any way.
        except Exception as problem:
            raise ConfigError(
                f'rule {name!r} is {_none_of()} and cannot be imported: {one_line(problem)}'
            ) from problem
    if not (isclass(found) and issubclass(found, AssemblyRule)):
        raise ConfigError(f'rule {name!r} is {_none_of()} and no path of an AssemblyRule')
    return found


def _none_of() -> str:
    return f'none of {", ".join(sorted(ASSEMBLY_RULES.module_dict))}'

"""Rules that fold the scores of K teachers into one target distribution, by name or by path."""

from typing import Any

from ...registry import ASSEMBLY_RULES, build_named, name_with_arguments
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
    return build_named(config, ASSEMBLY_RULES, AssemblyRule)


def rule_name(config: str | dict[str, Any]) -> str:
    """Name in tables of a config's rule: its name or path, and its arguments if it has any.

    Raises:
        ConfigError: the config is neither a string nor a dict with a ``type``.
    """
    return name_with_arguments(config, ASSEMBLY_RULES)

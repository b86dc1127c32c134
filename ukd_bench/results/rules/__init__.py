"""The decision rules that a claims file may name, and what a rule of one's own is made of."""

from inspect import isclass

from ...errors import ConfigError
from ...files.python import import_by_path
from ..comparable import ComparableRuns, Comparison
from .accuracy import AccuracyGain, NoGain
from .dataset import OnDataset
from .memory import DECIDED_AT, MemoryFlat, MemoryGrows, MemorySame
from .rule import (
    INCONCLUSIVE,
    NOT_SUPPORTED,
    SUPPORTED,
    VERDICTS,
    Evidence,
    Finding,
    Rests,
    Rule,
    Settings,
    Tested,
    combine,
)

__all__ = [
    'DECIDED_AT',
    'INCONCLUSIVE',
    'NOT_SUPPORTED',
    'RULES',
    'SUPPORTED',
    'VERDICTS',
    'ComparableRuns',
    'Comparison',
    'Evidence',
    'Finding',
    'Rests',
    'Rule',
    'Settings',
    'Tested',
    'combine',
    'find_rule',
]

RULES: dict[str, type[Rule]] = {
    'memory_grows': MemoryGrows,
    'memory_same': MemorySame,
    'memory_flat': MemoryFlat,
    'accuracy_gain': AccuracyGain,
    'no_gain': NoGain,
    'on_dataset': OnDataset,
}


def find_rule(name: str) -> type[Rule]:
    """The rule that a claim names: one of ``RULES``, or a :class:`Rule` by its dotted path.

    Raises:
        ConfigError: there is none of that name, or it cannot be imported.
    """
    if name in RULES:
        return RULES[name]
    if '.' not in name:
        raise ConfigError(f'rule {name!r} is none of {", ".join(RULES)} and no dotted path')
    found = import_by_path(name, f'rule {name!r}')
    if not (isclass(found) and issubclass(found, Rule)):
        raise ConfigError(f'rule {name!r} is no subclass of ukd_bench.results.rules.Rule')
    return found

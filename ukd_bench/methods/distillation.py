"""How scores become a loss: the values that all distilling methods share, and which are allowed."""

import math
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any

from ..errors import ConfigError
from ..files.hashes import canonical_json

RULES = (
    'mean_probability', 'mean_logit', 'entropy_weighted', 'confidence_aware', 'fixed_weights',
    'aekd',
)  # fmt: skip
"""The assembly rules by name, for those who plan without torch; see ``knowledge.assembly``."""


@dataclass(frozen=True)
class Distillation:
    """What a sweep sets in every distilling method; None leaves it to the method's config.

    Attributes:
        rule: Assembly rule: its name, its dotted path, or a dict of either as ``type`` and its
            arguments.
        weight: w, in [0, 1].
        temperature: T, positive.
    """

    rule: str | dict | None = None
    weight: float | None = None
    temperature: float | None = None

    def given(self) -> dict[str, Any]:
        """What is not left to the configs."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def check(self) -> None:
        """Checks the values, as far as that needs no torch.

        Raises:
            ConfigError: naming the first that cannot be used.
        """
        if self.rule is not None:
            _require_rule(self.rule)
        if self.weight is not None:
            require_weight(self.weight)
        if self.temperature is not None:
            require_temperature(self.temperature)


def _require_rule(rule: str | dict) -> None:
    name = rule.get('type') if isinstance(rule, dict) else rule
    if not isinstance(name, str):
        raise ConfigError(f"rule = {rule!r} has no 'type' that names a rule")
    if name not in RULES and '.' not in name:
        raise ConfigError(f'rule {name!r} is none of {", ".join(RULES)} and no dotted path')
    try:
        canonical_json(rule)
    except (TypeError, ValueError) as error:
        raise ConfigError(f'rule {name!r}: its arguments are no plain values ({error})') from error


def require_weight(weight: Any) -> None:
    """Refuses a w that is no number in [0, 1].

    Raises:
        ConfigError: it is not.
    """
    if not (_is_number(weight) and 0 <= float(weight) <= 1):
        raise ConfigError(f'weight = {weight!r} is not in [0, 1]')


def require_temperature(temperature: Any) -> None:
    """Refuses a T that is no positive number.

    Raises:
        ConfigError: it is not.
    """
    if not (_is_number(temperature) and 0 < float(temperature) < math.inf):
        raise ConfigError(f'temperature = {temperature!r} is not positive')


def _is_number(value: Any) -> bool:
    # True is one to Python, and never meant as one here.
    return isinstance(value, Real) and not isinstance(value, bool)

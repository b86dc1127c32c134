"""How scores become a loss: the values that all distilling methods share, and which are allowed."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from ..checks import is_number
from ..errors import ConfigError
from ..files.hashes import canonical_json

RULES = (
    'mean_probability', 'mean_logit', 'entropy_weighted', 'confidence_aware', 'fixed_weights',
    'aekd',
)  # fmt: skip
"""Names of the assembly rules, for those who plan without torch; see ``knowledge.assembly``."""
LOSSES = ('kl_divergence',)
"""Names of the losses, for those who plan without torch; see ``distill.losses``."""


@dataclass(frozen=True)
class Distillation:
    """What a sweep sets in every distilling method; None leaves it to the method's config.

    Attributes:
        rule: Assembly rule: its name, its dotted path, or a dict of either as ``type`` and its
            arguments.
        weight: w, in [0, 1].
        final_weight: What w has become by the last epoch, in equal steps; in [0, 1].
        temperature: T, positive.
        loss: L in ``(1 - w) own loss + w L``, named as a rule is.
    """

    rule: str | dict | None = None
    weight: float | None = None
    temperature: float | None = None
    loss: str | dict | None = None
    final_weight: float | None = None

    def given(self) -> dict[str, Any]:
        """The values that are not left to the configs, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def check(self) -> None:
        """Checks the values, as far as that needs no torch.

        Raises:
            ConfigError: naming the first that cannot be used.
        """
        if self.rule is not None:
            _require_named('rule', self.rule, RULES)
        if self.weight is not None:
            require_weight(self.weight)
        if self.final_weight is not None:
            require_weight(self.final_weight, 'final_weight')
        if self.temperature is not None:
            require_temperature(self.temperature)
        if self.loss is not None:
            _require_named('loss', self.loss, LOSSES)


def _require_named(kind: str, config: str | dict, known: tuple[str, ...]) -> None:
    name = config.get('type') if isinstance(config, dict) else config
    if not isinstance(name, str):
        raise ConfigError(f"{kind} = {config!r} has no 'type' that names a {kind}")
    if name not in known and '.' not in name:
        raise ConfigError(f'{kind} {name!r} is none of {", ".join(known)} and no dotted path')
    try:
        canonical_json(config)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f'{kind} {name!r}: its arguments are no plain values ({error})'
        ) from error


def require_weight(weight: Any, name: str = 'weight') -> None:
    """Refuses a w that is no number in [0, 1].

    Args:
        weight: The w.
        name: What messages call it.

    Raises:
        ConfigError: the weight is no such number.
    """
    if not (is_number(weight) and 0 <= float(weight) <= 1):
        raise ConfigError(f'{name} = {weight!r} is not in [0, 1]')


def require_temperature(temperature: Any) -> None:
    """Refuses a T that is no positive number.

    Raises:
        ConfigError: the temperature is no such number.
    """
    if not (is_number(temperature) and 0 < float(temperature) < math.inf):
        raise ConfigError(f'temperature = {temperature!r} is not positive')

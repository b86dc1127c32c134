"""Rules that fold the scores of K teachers into one target distribution."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import ConfigError

Rule = Callable[[Tensor, float], Tensor]
"""(K, N, C) scores before softmax and a temperature to (N, C) probabilities."""


def mean_probability(scores_KNC: Tensor, temperature: float) -> Tensor:
    """``mean_k softmax(z_k / T)``, each teacher with weight 1/K (Hinton et al., 2015).

    The teachers are summed in pool order, so that equal scores give equal bits whoever made them.
    """
    total = torch.zeros_like(scores_KNC[0])
    for scores_NC in scores_KNC:
        total += torch.softmax(scores_NC / temperature, dim=-1)
    return total / len(scores_KNC)


RULES: dict[str, Rule] = {'mean_probability': mean_probability}


def assembly_rule(name: str) -> Rule:
    """The rule of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in RULES:
        raise ConfigError(f'rule {name!r} is none of {", ".join(RULES)}')
    return RULES[name]

"""Teachers weighted as the user says."""

import math
from collections.abc import Sequence
from numbers import Real

from torch import Tensor

from ...errors import ConfigError
from ...registry import ASSEMBLY_RULES
from .weighted_mean import WeightedMean


@ASSEMBLY_RULES.register_module(name='fixed_weights')
class FixedWeights(WeightedMean):
    """``w_k = a_k / sum_j a_j`` over the first K weights a of the user's, the same for all samples.

    Args:
        weights: One number a teacher, in pool order, finite and not negative. K teachers use the
            first K, whose sum must be positive.

    Raises:
        ConfigError: on weights that are no such list.
    """

    def __init__(self, weights: Sequence[float]) -> None:
        numbers = (
            isinstance(weights, Sequence)
            and len(weights) > 0
            and all(isinstance(weight, Real) and 0 <= weight < math.inf for weight in weights)
        )
        if not numbers:
            raise ConfigError(
                f'fixed_weights: weights = {weights!r} is not a list of finite numbers '
                'that are not negative'
            )
        self.pool_weights = tuple(float(weight) for weight in weights)

    def check(self, num_teachers: int) -> None:
        super().check(num_teachers)
        given = list(self.pool_weights)
        if num_teachers > len(given):
            raise ConfigError(
                f'fixed_weights: weights = {given} are {len(given)}, fewer than '
                f'{num_teachers} teachers'
            )
        if not 0 < sum(given[:num_teachers]) < math.inf:
            raise ConfigError(
                f'fixed_weights: the first {num_teachers} of weights = {given} have no positive, '
                'finite sum'
            )

    def weights(
        self,
        scores_KNC: Tensor,
        temperature: float,
        labels_N: Tensor,
        student_NC: Tensor | None = None,
    ) -> Tensor:
        num_teachers, num_samples = scores_KNC.shape[:2]
        self.check(num_teachers)
        used = self.pool_weights[:num_teachers]
        weights_K = scores_KNC.new_tensor([weight / sum(used) for weight in used])
        return weights_K[:, None].expand(-1, num_samples)

"""Unequal weights: by entropy, by confidence, or as the user says."""

import math
from collections.abc import Sequence
from numbers import Real

import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import ConfigError
from ...registry import ASSEMBLY_RULES
from .rule import WeightedMean


@ASSEMBLY_RULES.register_module(name='entropy_weighted')
class EntropyWeighted(WeightedMean):
    """``w_k = (1 - H_k / sum_j H_j) / (K - 1)``, H_k the entropy of ``softmax(z_k / T)``, a sample.

    Source: EBKD (Kwon et al., *Adaptive Knowledge Distillation Based on Entropy*, ICASSP 2020). Of
    the paper we had the abstract: labels of lower entropy are used at a larger rate. The form is
    that in which the code of CA-MKD (see ``confidence_aware``) has EBKD for comparison. Two choices
    are ours: that code takes the entropy at temperature 1, this rule that of the distribution it
    distils; and that code divides by K, this rule by K - 1, so that weights sum to 1.

    Defined for K = 1, with weight 1. Where no teacher has any doubt, each weighs 1/K. A class that
    is scored -inf adds nothing to an entropy.
    """

    def weights(
        self,
        scores_KNC: Tensor,
        temperature: float,
        labels_N: Tensor,
        student_NC: Tensor | None = None,
    ) -> Tensor:
        """(K, N) weights, larger for a distribution of lower entropy."""
        num_teachers = len(scores_KNC)
        if num_teachers == 1:
            return torch.ones_like(scores_KNC[..., 0])
        entropy_KN = torch.special.entr(torch.softmax(scores_KNC / temperature, dim=-1)).sum(-1)
        total_N = torch.zeros_like(entropy_KN[0])
        for entropy_N in entropy_KN:
            total_N += entropy_N
        share_KN = torch.where(total_N > 0, entropy_KN / total_N, 1 / num_teachers)
        return (1 - share_KN) / (num_teachers - 1)


@ASSEMBLY_RULES.register_module(name='confidence_aware')
class ConfidenceAware(WeightedMean):
    """``w_k = (1 - softmax_k(CE(z_k, y))) / (K - 1)``, y the label, a sample.

    Source: CA-MKD (Zhang, Chen, Wang, *Confidence-Aware Multi-Teacher Knowledge Distillation*,
    ICASSP 2022), its part that distils class scores; that for inner layers is left out. The
    cross-entropy is at temperature 1 whatever T is, as in the authors' code. That code also divides
    the loss by K; here it is divided by nothing, as the weights sum to 1.

    Defined for K = 1, with weight 1, where the formula divides zero by zero. A teacher that scores
    the label -inf has weight 0; where m > 1 of them do, each has ``(1 - 1/m) / (K - 1)``, the limit
    of the formula as their cross-entropies grow alike.
    """

    def weights(
        self,
        scores_KNC: Tensor,
        temperature: float,
        labels_N: Tensor,
        student_NC: Tensor | None = None,
    ) -> Tensor:
        """(K, N) weights, larger for a lower cross-entropy with the label."""
        num_teachers = len(scores_KNC)
        if num_teachers == 1:
            return torch.ones_like(scores_KNC[..., 0])
        labels_KN1 = labels_N.to(scores_KNC.device).expand(num_teachers, -1)[..., None]
        loss_KN = -F.log_softmax(scores_KNC, dim=-1).gather(-1, labels_KN1)[..., 0]
        # softmax(inf) is not a number; of the largest finite one it is the limit.
        loss_KN = loss_KN.clamp(max=torch.finfo(loss_KN.dtype).max)
        return (1 - torch.softmax(loss_KN, dim=0)) / (num_teachers - 1)


@ASSEMBLY_RULES.register_module(name='fixed_weights')
class FixedWeights(WeightedMean):
    """``w_k = a_k / sum_j a_j`` over the first K weights a of the user's, the same for all samples.

    Args:
        weights: One number a teacher, in pool order, finite and not negative. K teachers use the
            first K, whose sum must be positive.

    Raises:
        ConfigError: the weights are no such list.
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
        """Refuses more teachers than weights, and first K weights without a positive finite sum."""
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
        """(K, N) weights, the user's first K over their sum."""
        num_teachers, num_samples = scores_KNC.shape[:2]
        self.check(num_teachers)
        used = self.pool_weights[:num_teachers]
        weights_K = scores_KNC.new_tensor([weight / sum(used) for weight in used])
        return weights_K[:, None].expand(-1, num_samples)

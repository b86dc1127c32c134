"""Equal weights: the mean of probabilities, and that of scores."""

import torch
from torch import Tensor

from ...registry import ASSEMBLY_RULES
from .rule import AssemblyRule, WeightedMean


@ASSEMBLY_RULES.register_module(name='mean_probability')
class MeanProbability(WeightedMean):
    """``mean_k softmax(z_k / T)``, each teacher with weight 1/K.

    Source: Hinton, Vinyals, Dean, *Distilling the Knowledge in a Neural Network*, 2015: the
    arithmetic mean of an ensemble's distributions. The divergence from it has the gradients of the
    mean of the K divergences, so the two are one method.
    """

    def weights(
        self,
        scores_KNC: Tensor,
        temperature: float,
        labels_N: Tensor,
        student_NC: Tensor | None = None,
    ) -> Tensor:
        """(K, N) weights, all of them 1/K."""
        return torch.full_like(scores_KNC[..., 0], 1 / len(scores_KNC))

    def __call__(
        self,
        scores_KNC: Tensor,
        temperature: float,
        labels_N: Tensor,
        student_NC: Tensor | None = None,
    ) -> Tensor:
        """(N, C) mean of the teachers' probabilities at T."""
        # One division of the sum, not K products: the last bits differ, and results of this rule
        # are compared by their hash.
        total_NC = torch.zeros_like(scores_KNC[0])
        for scores_NC in scores_KNC:
            total_NC += torch.softmax(scores_NC / temperature, dim=-1)
        return total_NC / len(scores_KNC)


@ASSEMBLY_RULES.register_module(name='mean_logit')
class MeanLogit(AssemblyRule):
    """``softmax(mean_k z_k / T)``, each teacher with weight 1/K before the softmax.

    Source: Hinton, Vinyals, Dean, *Distilling the Knowledge in a Neural Network*, 2015: up to its
    sum it is the geometric mean of the teachers' probabilities. Teachers of larger scores count for
    more, and one that scores a class -inf decides about that class whatever the others say; where
    each class has such a teacher nothing is left, hence ``needs_all_classes``.
    """

    needs_all_classes = True

    def __call__(
        self,
        scores_KNC: Tensor,
        temperature: float,
        labels_N: Tensor,
        student_NC: Tensor | None = None,
    ) -> Tensor:
        """(N, C) softmax at T of the teachers' mean scores."""
        total_NC = torch.zeros_like(scores_KNC[0])
        for scores_NC in scores_KNC:
            total_NC += scores_NC
        return torch.softmax(total_NC / len(scores_KNC) / temperature, dim=-1)

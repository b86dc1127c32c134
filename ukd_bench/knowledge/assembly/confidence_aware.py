"""Teachers weighted by how well they know the label."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...registry import ASSEMBLY_RULES
from .weighted_mean import WeightedMean


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
        num_teachers = len(scores_KNC)
        if num_teachers == 1:
            return torch.ones_like(scores_KNC[..., 0])
        labels_KN1 = labels_N.to(scores_KNC.device).expand(num_teachers, -1)[..., None]
        loss_KN = -F.log_softmax(scores_KNC, dim=-1).gather(-1, labels_KN1)[..., 0]
        # softmax(inf) is not a number; of the largest finite one it is the limit.
        loss_KN = loss_KN.clamp(max=torch.finfo(loss_KN.dtype).max)
        return (1 - torch.softmax(loss_KN, dim=0)) / (num_teachers - 1)

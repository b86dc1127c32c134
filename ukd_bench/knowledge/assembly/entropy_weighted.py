"""Teachers weighted by how certain they are."""

import torch
from torch import Tensor

from ...registry import ASSEMBLY_RULES
from .weighted_mean import WeightedMean


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
        num_teachers = len(scores_KNC)
        if num_teachers == 1:
            return torch.ones_like(scores_KNC[..., 0])
        entropy_KN = torch.special.entr(torch.softmax(scores_KNC / temperature, dim=-1)).sum(-1)
        total_N = torch.zeros_like(entropy_KN[0])
        for entropy_N in entropy_KN:
            total_N += entropy_N
        share_KN = torch.where(total_N > 0, entropy_KN / total_N, 1 / num_teachers)
        return (1 - share_KN) / (num_teachers - 1)

"""Rules that average the teachers' probabilities with weights of their own."""

from abc import abstractmethod

import torch
from torch import Tensor

from .rule import AssemblyRule


class WeightedMean(AssemblyRule):
    """``sum_k w_k softmax(z_k / T)``, where the weights of a sample sum to 1 over the teachers.

    So the strength of the distillation does not depend on K.
    """

    @abstractmethod
    def weights(
        self,
        scores_KNC: Tensor,
        temperature: float,
        labels_N: Tensor,
        student_NC: Tensor | None = None,
    ) -> Tensor:
        """(K, N) weights, not negative, of sum 1 over K; arguments and errors as in the call."""

    def __call__(
        self,
        scores_KNC: Tensor,
        temperature: float,
        labels_N: Tensor,
        student_NC: Tensor | None = None,
    ) -> Tensor:
        weights_KN = self.weights(scores_KNC, temperature, labels_N, student_NC)
        total_NC = torch.zeros_like(scores_KNC[0])
        for weight_N, scores_NC in zip(weights_KN, scores_KNC, strict=True):
            total_NC += weight_N[:, None] * torch.softmax(scores_NC / temperature, dim=-1)
        return total_NC

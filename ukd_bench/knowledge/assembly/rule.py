"""Base classes of assembly rules: K teachers' scores in, one target distribution a sample out."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from ...errors import ConfigError


class AssemblyRule(ABC):
    """Folds the scores of K teachers into one target distribution a sample.

    A rule changes none of its arguments, works on the device of the scores, keeps their dtype
    (float32, as every source hands them out) and takes teachers in pool order, so that equal scores
    give equal bits whoever made them.

    Attributes:
        needs_student: Whether it reads the student's current scores, so that its targets cannot be
            made ahead of the student's forward pass.
        needs_all_classes: Whether it cannot use banks that keep only the top classes, where the
            score of an absent class is -inf.
    """

    needs_student: ClassVar[bool] = False
    needs_all_classes: ClassVar[bool] = False

    def check(self, num_teachers: int) -> None:
        """Refuses a number of teachers for which the rule is not defined.

        Raises:
            ConfigError: the rule is not defined for so many.
        """
        if num_teachers < 1:
            raise ConfigError(f'an assembly rule needs at least 1 teacher, not {num_teachers}')

    @abstractmethod
    def __call__(
        self,
        scores_KNC: Tensor,
        temperature: float,
        labels_N: Tensor,
        student_NC: Tensor | None = None,
    ) -> Tensor:
        """The targets of a batch.

        Args:
            scores_KNC: Teachers' scores before softmax, in pool order.
            temperature: T, positive.
            labels_N: Class indices, int64.
            student_NC: The student's current scores before softmax, of any float type; None where
                the method has none yet. No gradient flows through them.

        Returns:
            (N, C) probabilities.

        Raises:
            ConfigError: the rule needs the student's scores and there are none, or it is not
                defined for K teachers.
        """


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
        """(N, C) weighted sum of the teachers' probabilities at T."""
        weights_KN = self.weights(scores_KNC, temperature, labels_N, student_NC)
        total_NC = torch.zeros_like(scores_KNC[0])
        for weight_N, scores_NC in zip(weights_KN, scores_KNC, strict=True):
            total_NC += weight_N[:, None] * torch.softmax(scores_NC / temperature, dim=-1)
        return total_NC

"""Teachers weighted so that their gradients agree best."""

import numpy as np
import torch
from torch import Tensor

from ...errors import ConfigError, DivergedError
from ...registry import ASSEMBLY_RULES
from .rule import WeightedMean


@ASSEMBLY_RULES.register_module(name='aekd')
class AEKD(WeightedMean):
    """``argmin_w || sum_k w_k g_k ||`` over the simplex, one weight vector a batch.

    ``g_k = (p - q_k) T / N`` is the gradient of ``T^2 mean_n KL(q_k || p)`` with respect to the
    student's scores of the whole batch; q_k and p are the probabilities of teacher k and of the
    student at T. So the target is that weighted mean of the teachers which is nearest to the
    student. Nothing flows back through the student's scores.

    Source: AE-KD (Du et al., *Agree to Disagree: Adaptive Ensemble Knowledge Distillation in
    Gradient Space*, NeurIPS 2020). Differences: they bound every weight by a tolerance C, which
    keeps more teachers in; here nothing is bounded, and a weight may be 0. Their code averages a
    gradient over the batch before it compares it with others, and can scale it to length 1; here
    the gradients of all samples stand side by side, as long as they are.

    A batch is what one process scores at one step.
    """

    needs_student = True

    def __init__(self) -> None:
        # Imported here, so that neither users of other rules nor the first step pay for it.
        from scipy.optimize import nnls

        self._nnls = nnls

    def weights(
        self,
        scores_KNC: Tensor,
        temperature: float,
        labels_N: Tensor,
        student_NC: Tensor | None = None,
    ) -> Tensor:
        """(K, N) weights, the same for every sample of the batch."""
        if student_NC is None:
            raise ConfigError(
                'aekd needs the current scores of the student, which this method does not hand out'
            )
        teachers_KNC = torch.softmax(scores_KNC.detach() / temperature, dim=-1)
        student_NC = torch.softmax(student_NC.detach().to(teachers_KNC) / temperature, dim=-1)
        gradients_KM = (student_NC.double() - teachers_KNC.double()).flatten(1)
        if not gradients_KM.isfinite().all():
            raise DivergedError("aekd: the student's or a teacher's scores are not finite numbers")
        weights_K = torch.from_numpy(self._min_norm(gradients_KM.cpu().numpy()))
        return weights_K.to(teachers_KNC)[:, None].expand(-1, scores_KNC.shape[1])

    def _min_norm(self, gradients_KM: np.ndarray) -> np.ndarray:
        """(K,) weights of the point of least norm in the convex hull of K vectors.

        With G the vectors as columns, take the x >= 0 of least ``|G x|^2 + (sum(x) - 1)^2`` and
        scale it to sum 1. That is exact: write x = s w, w in the simplex, s >= 0. For a given w,
        ``s^2 |G w|^2 + (s - 1)^2`` is least at ``s = 1 / (1 + |G w|^2)``, where it is
        ``|G w|^2 / (1 + |G w|^2)``, which grows with ``|G w|``; so the best w has the least norm.
        """
        longest = np.linalg.norm(gradients_KM, axis=1).max()
        if longest == 0:
            return np.full(len(gradients_KM), 1 / len(gradients_KM))
        # A common scale changes no weight and keeps small gradients clear of the tolerance.
        system = np.vstack([gradients_KM.T / longest, np.ones(len(gradients_KM))])
        solution_K, _ = self._nnls(system, np.eye(1, len(system), len(system) - 1)[0])
        return solution_K / solution_K.sum()

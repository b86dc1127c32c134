"""The one loss that all distilling methods share."""

import torch
import torch.nn.functional as F
from torch import Tensor


def target_divergence(scores_NC: Tensor, targets_NC: Tensor, temperature: float) -> Tensor:
    """``mean_n KL(q_n || softmax(s_n / T))`` in nats, without the factor T^2.

    Args:
        scores_NC: Student scores before softmax; gradients flow through them.
        targets_NC: Target probabilities q; detached.
        temperature: T.

    Returns:
        Scalar, averaged over the batch.
    """
    log_student_NC = F.log_softmax(scores_NC.float() / temperature, dim=-1)
    return F.kl_div(log_student_NC, targets_NC.detach(), reduction='batchmean')


def distillation_loss(divergence: Tensor, temperature: float, weight: float) -> Tensor:
    """``w T^2 KL``, which is added to ``(1 - w)`` times the recognizer's own loss.

    T^2 keeps the gradients' scale as T changes (Hinton et al., 2015).
    """
    return weight * temperature**2 * divergence


def scale_losses(losses: dict[str, Tensor], factor: float) -> dict[str, Tensor]:
    """The entries of a head's loss dict that are losses, times ``factor``; others as they are.

    An entry is a loss where MMEngine sums it: its name contains ``loss``.
    """
    return {name: value * factor if 'loss' in name else value for name, value in losses.items()}


def stack_knowledge(data_samples: list) -> Tensor:
    """(N, ...) of what a knowledge source put on the data samples."""
    return torch.stack([sample.knowledge.item for sample in data_samples])

"""A batch of training clips: its address, the knowledge that it carries, and whether they fit."""

from dataclasses import dataclass

import torch
from mmaction.structures import ActionDataSample
from mmengine.structures import LabelData
from torch import Tensor

from ..errors import ConfigError


@dataclass(frozen=True)
class AddressedBatch:
    """A batch of training clips by address.

    Attributes:
        view: View index of all its clips.
        samples: N sample indices.
        labels_N: (N,) int64 true labels, on the CPU.
        inputs: The N packed clips as the student gets them, (M, C, T, H, W) each.
        renderings: The N clips as networks with another rendering get them, by its fingerprint.
        iteration: Training iterations done before this one.
        data: The whole batch as the loader made it.
    """

    view: int
    samples: list[int]
    labels_N: Tensor
    inputs: list[Tensor]
    renderings: dict[str, list[Tensor]]
    iteration: int
    data: dict


def labels_of(data_samples: list[ActionDataSample]) -> Tensor:
    """(N,) int64 true labels, where the samples live."""
    return torch.cat([sample.gt_labels.item for sample in data_samples])


def put_knowledge(
    data_samples: list[ActionDataSample], targets_NC: Tensor | None, scores_KNC: Tensor | None
) -> None:
    """Puts on each data sample its target, its teachers' scores, or both.

    They travel to the student's device with the sample.
    """
    for number, sample in enumerate(data_samples):
        sample.knowledge = LabelData()
        if targets_NC is not None:
            sample.knowledge.item = targets_NC[number]
        if scores_KNC is not None:
            sample.knowledge.scores = scores_KNC[:, number]


def targets_of(data_samples: list[ActionDataSample]) -> Tensor:
    """(N, C) targets that :func:`put_knowledge` put on the data samples."""
    return torch.stack([sample.knowledge.item for sample in data_samples])


def scores_of(data_samples: list[ActionDataSample]) -> Tensor:
    """(K, N, C) teachers' scores that :func:`put_knowledge` put on the data samples."""
    return torch.stack([sample.knowledge.scores for sample in data_samples]).transpose(0, 1)


def require_equal_classes(numbers: dict[str, int]) -> None:
    """Refuses teachers that score different numbers of classes.

    Args:
        numbers: Number of classes, by teacher.

    Raises:
        ConfigError: naming two that differ.
    """
    (first, number), *others = numbers.items()
    for name, other in others:
        if other != number:
            raise ConfigError(f'teacher {name} scores {other} classes, teacher {first} {number}')


def require_fit(student_NC: object, teacher_NC: Tensor) -> None:
    """Refuses a head's scores that are not of the clips and classes of its teachers' scores.

    Raises:
        ConfigError: the head scores other than one (N, C) tensor, or other clips or classes.
    """
    if not isinstance(student_NC, Tensor):
        raise ConfigError(
            f'the head scores a {type(student_NC).__name__}, not one (N, C) tensor of classes'
        )
    if student_NC.shape != teacher_NC.shape:
        raise ConfigError(
            f'the head scores {tuple(student_NC.shape)}, the teachers {tuple(teacher_NC.shape)}: '
            'train on one clip a sample and the same classes'
        )

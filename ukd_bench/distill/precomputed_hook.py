"""What caches that ignore augmentation teach: one score vector a clip, for all of its views."""

from typing import Any

import torch
from mmengine.runner import Runner
from torch import Tensor

from ..data.views.rendering import DRAW_VIEW, plain, steps_of
from ..errors import ConfigError
from ..files.checkpoints import unwrapped
from ..knowledge.bank.fill_one import (
    AddressedClips,
    AddressedScores,
    in_micro_batches,
    teacher_dataset,
)
from ..knowledge.pool import PoolEntry, teacher_facts
from ..knowledge.teacher import Teacher
from ..registry import HOOKS
from .batch import AddressedBatch, require_equal_classes
from .distillation_hook import DistillationHook

_WHOLE = dict(min_span=1.0, min_side=1.0, flip_ratio=0.0)
"""Arguments under which the drawing step has one view to draw: the whole clip, unmirrored."""


@HOOKS.register_module()
class PrecomputedHook(DistillationHook):
    """Gives every view of a clip the targets that teachers have for the whole of it.

    So do scores that are computed once, on clips without augmentation: a *fixed teacher* in the
    terms of Beyer et al. (*Knowledge distillation: A good teacher is patient and consistent*, CVPR
    2022), where teachers that see what the student sees are *consistent*. It is the control that
    shows what replayed views are worth.

    The scores are made before the first step, by one teacher at a time, and kept in host memory:
    4 bytes for each teacher, clip and class.

    Args:
        See :class:`DistillationHook`. The pool's banks are not read.

    Raises:
        ConfigError: the training pipeline draws its views by steps that are not the suite's.
    """

    def open_source(self, runner: Runner) -> None:
        """Loads one teacher after another, and has it score every training clip once."""
        device = next(unwrapped(runner).parameters()).device
        config = _whole_clips(runner.cfg.train_dataloader.dataset.to_dict())
        classes = self.classes_of(runner)
        self._state_bytes: list[int] = []
        scored: dict[str, Tensor] = {}
        for entry in self.teachers:
            scored[entry.name] = self._score_once(entry, Teacher.of(entry, device, classes), config)
        require_equal_classes({name: scores.shape[1] for name, scores in scored.items()})
        self._scores_KSC = torch.stack([*scored.values()])

    def _score_once(self, entry: PoolEntry, teacher: Teacher, config: dict[str, Any]) -> Tensor:
        """(S, C) float32 scores of all training clips; nothing keeps the teacher afterwards."""
        clips = AddressedClips(teacher_dataset(entry, config, self.view_seed), self.view_seed)
        addresses = [(0, sample) for sample in range(len(clips.dataset))]
        parts = AddressedScores(teacher, clips, in_micro_batches(addresses))
        self._state_bytes.append(teacher.state_bytes)
        return torch.cat([scores_NC for _, scores_NC in parts])

    def scores(self, batch: AddressedBatch) -> Tensor:
        """(K, N, C) float32 scores of the whole of each clip, whatever its view."""
        return self._scores_KSC[:, batch.samples]

    def teacher_facts(self) -> list[dict]:
        """Facts of each teacher, in pool order."""
        pairs = zip(self.teachers, self._state_bytes, strict=True)
        return [teacher_facts(entry, size) for entry, size in pairs]


def _whole_clips(dataset: dict[str, Any]) -> dict[str, Any]:
    """A training set's config with the whole clip as the one view of each."""
    pipeline = plain(dataset['pipeline'])
    steps = steps_of(pipeline, DRAW_VIEW)
    if not steps:
        raise ConfigError(
            f'PrecomputedHook: the training pipeline has no step {DRAW_VIEW}, so what its clips '
            'are without augmentation is unknown'
        )
    for step in steps:
        step.update(_WHOLE)
    return dict(dataset, pipeline=pipeline)

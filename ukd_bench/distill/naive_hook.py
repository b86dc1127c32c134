"""Naive ensemble distillation: all teachers live on the device and run at every step."""

from collections.abc import Sequence

import torch
from mmengine.runner import Runner
from torch import Tensor

from ..knowledge.pool import teacher_facts
from ..knowledge.teacher import Teacher
from ..registry import HOOKS
from .hook import DistillationHook
from .replay_hook import unwrapped


@HOOKS.register_module()
class NaiveEnsembleHook(DistillationHook):
    """The baseline that UKD is measured against: K frozen teachers in memory, K forwards a step.

    Teachers are in ``eval`` mode and build no autograd graph. Everything downstream of their scores
    is shared with :class:`~ukd_bench.distill.UKDHook`.

    Args:
        See :class:`DistillationHook`. The pool's banks are not read.
    """

    def open_source(self, runner: Runner) -> None:
        device = next(unwrapped(runner).parameters()).device
        # Kept outside the model's module tree, because the loop calls `model.train()`.
        self.residents = [
            Teacher(entry.config, entry.checkpoint, device) for entry in self.teachers
        ]

    def scores(self, view: int, samples: Sequence[int], inputs: list[Tensor]) -> Tensor:
        return torch.stack([teacher.score(inputs) for teacher in self.residents])

    def teacher_facts(self) -> list[dict]:
        return [
            teacher_facts(entry, teacher.state_bytes)
            for entry, teacher in zip(self.teachers, self.residents, strict=True)
        ]

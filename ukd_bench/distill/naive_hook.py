"""Naive ensemble distillation: all teachers live on the device and run at every step."""

import torch
from mmengine.runner import Runner
from torch import Tensor

from ..knowledge.identity import teacher_config
from ..knowledge.pool import teacher_facts
from ..knowledge.rendering import plain, rendering_fingerprint, teacher_pipeline
from ..knowledge.teacher import Teacher
from ..registry import HOOKS
from .batch import AddressedBatch
from .hook import DistillationHook
from .replay_hook import unwrapped


@HOOKS.register_module()
class NaiveEnsembleHook(DistillationHook):
    """The baseline that UKD is measured against: K frozen teachers in memory, K forwards a step.

    Teachers are in ``eval`` mode and build no autograd graph. Everything downstream of their scores
    is shared with :class:`~ukd_bench.distill.UKDHook`.

    Args:
        See :class:`DistillationHook`. The pool's banks are not read.

    Attributes:
        residents: The teachers, in pool order.
    """

    def open_source(self, runner: Runner) -> None:
        self.device = next(unwrapped(runner).parameters()).device
        classes = self.classes_of(runner)
        # Kept outside the model's module tree, because the loop calls `model.train()`.
        self.residents = [
            Teacher.of(entry, self.home(self.device), classes) for entry in self.teachers
        ]
        student = plain(runner.cfg.train_dataloader.dataset.pipeline)
        self._student_rendering = rendering_fingerprint(student)
        self._pipelines = [
            teacher_pipeline(student, teacher_config(entry)) for entry in self.teachers
        ]

    def home(self, device: torch.device) -> torch.device:
        """Where teachers live while they do not score."""
        return device

    def renderings(self) -> dict[str, list[dict]]:
        pipelines = {rendering_fingerprint(pipeline): pipeline for pipeline in self._pipelines}
        pipelines.pop(self._student_rendering, None)
        return pipelines

    def scores(self, batch: AddressedBatch) -> Tensor:
        return torch.stack(
            [
                self.score(teacher, self._clips(batch, pipeline))
                for teacher, pipeline in zip(self.residents, self._pipelines, strict=True)
            ]
        )

    def score(self, teacher: Teacher, clips: list[Tensor]) -> Tensor:
        """(N, C) float32 scores of one teacher, on the CPU."""
        return teacher.score(clips)

    def teacher_facts(self) -> list[dict]:
        return [
            teacher_facts(entry, teacher.state_bytes)
            for entry, teacher in zip(self.teachers, self.residents, strict=True)
        ]

    def _clips(self, batch: AddressedBatch, pipeline: list[dict]) -> list[Tensor]:
        return batch.renderings.get(rendering_fingerprint(pipeline), batch.inputs)

"""Ensemble distillation as it is usually done: K teachers run at every step."""

import torch
from mmengine.runner import Runner
from torch import Tensor

from ..data.views.rendering import plain, rendering_fingerprint, teacher_pipeline
from ..files.checkpoints import unwrapped
from ..knowledge.identity import teacher_config
from ..knowledge.pool import teacher_facts
from ..knowledge.teacher import Teacher
from ..registry import HOOKS
from .batch import AddressedBatch, require_equal_classes
from .distillation_hook import DistillationHook


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
        """Loads the teachers, and finds out which renderings of the views they see."""
        self.device = next(unwrapped(runner).parameters()).device
        classes = self.classes_of(runner)
        # Kept outside the model's module tree, because the loop calls `model.train()`.
        self.residents = [
            Teacher.of(entry, self.home(self.device), classes) for entry in self.teachers
        ]
        student = plain(runner.cfg.train_dataloader.dataset.pipeline)
        pipelines = [teacher_pipeline(student, teacher_config(entry)) for entry in self.teachers]
        # The name of each teacher's rendering; None for the student's own.
        names = [rendering_fingerprint(pipeline) for pipeline in pipelines]
        own = rendering_fingerprint(student)
        self._rendered_as = [None if name == own else name for name in names]
        self._renderings = {
            name: pipeline
            for name, pipeline in zip(self._rendered_as, pipelines, strict=True)
            if name is not None
        }

    def home(self, device: torch.device) -> torch.device:
        """Device that teachers live on while they do not score."""
        return device

    def renderings(self) -> dict[str, list[dict]]:
        """The pipelines by which teachers see views otherwise than the student, by name."""
        return self._renderings

    def scores(self, batch: AddressedBatch) -> Tensor:
        """(K, N, C) float32 scores on the CPU, from a forward of each teacher."""
        scored = [
            self.score(teacher, batch.inputs if name is None else batch.renderings[name])
            for teacher, name in zip(self.residents, self._rendered_as, strict=True)
        ]
        require_equal_classes(
            {entry.name: part.shape[1] for entry, part in zip(self.teachers, scored, strict=True)}
        )
        # One transfer for all, so that the device need not wait for each.
        return torch.stack(scored).cpu()

    @torch.no_grad()
    def score(self, teacher: Teacher, clips: list[Tensor]) -> Tensor:
        """(N, C) float32 scores of one teacher, on the device where it scores."""
        return teacher.score_with_graph(clips)

    def teacher_facts(self) -> list[dict]:
        """Facts of each loaded teacher, in pool order."""
        return [
            teacher_facts(entry, teacher.state_bytes)
            for entry, teacher in zip(self.teachers, self.residents, strict=True)
        ]


@HOOKS.register_module()
class NaiveGraphHook(NaiveEnsembleHook):
    """K resident teachers without ``torch.no_grad``: their activations live until the step ends.

    Targets are the same as those of :class:`NaiveEnsembleHook`; no gradient is ever computed for a
    teacher. What differs is the memory that code costs which forgets to switch gradients off.

    Args:
        See :class:`DistillationHook`. The pool's banks are not read.
    """

    def open_source(self, runner: Runner) -> None:
        """Loads the teachers, and has their parameters ask for gradients."""
        super().open_source(runner)
        for teacher in self.residents:
            teacher.model.requires_grad_(True)
        self._alive: list[Tensor] = []

    def scores(self, batch: AddressedBatch) -> Tensor:
        """(K, N, C) float32 scores on the CPU; graphs of an earlier batch are dropped first."""
        self._alive.clear()
        return super().scores(batch)

    def score(self, teacher: Teacher, clips: list[Tensor]) -> Tensor:
        """(N, C) float32 scores of one teacher, whose graph stays alive."""
        scores_NC = teacher.score_with_graph(clips)
        self._alive.append(scores_NC)
        return scores_NC.detach()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict, outputs: dict
    ) -> None:
        """Drops the teachers' graphs, at the end of the step."""
        self._alive.clear()


@HOOKS.register_module()
class SwapHook(NaiveEnsembleHook):
    """K teachers in host memory; each is copied to the device to score, every step, and dropped.

    The device holds one teacher beside the student; a step pays K forwards and K copies. On the CPU
    host and device are one, so nothing is copied and the memory says nothing of the method.

    Args:
        See :class:`DistillationHook`. The pool's banks are not read.
    """

    def home(self, device: torch.device) -> torch.device:
        """The CPU, where teachers wait for their turn."""
        return torch.device('cpu')

    def score(self, teacher: Teacher, clips: list[Tensor]) -> Tensor:
        """(N, C) float32 scores of one teacher, which is on the device for this forward alone."""
        with teacher.on(self.device):
            return super().score(teacher, clips)

    def memory_is_measured(self, device: torch.device) -> bool:
        """Whether the device has memory of its own, as any but the CPU has."""
        return device.type != 'cpu'

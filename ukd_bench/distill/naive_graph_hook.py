"""Naive ensemble distillation by careless code: the teachers' autograd graphs stay alive."""

from mmengine.runner import Runner
from torch import Tensor

from ..knowledge.teacher import Teacher
from ..registry import HOOKS
from .batch import AddressedBatch
from .naive_hook import NaiveEnsembleHook


@HOOKS.register_module()
class NaiveGraphHook(NaiveEnsembleHook):
    """K resident teachers without ``torch.no_grad``: their activations live until the step ends.

    Targets are the same as those of :class:`NaiveEnsembleHook`; no gradient is ever computed for a
    teacher. What differs is the memory that code costs which forgets to switch gradients off.

    Args:
        See :class:`DistillationHook`. The pool's banks are not read.
    """

    def open_source(self, runner: Runner) -> None:
        super().open_source(runner)
        for teacher in self.residents:
            teacher.model.requires_grad_(True)
        self._alive: list[Tensor] = []

    def scores(self, batch: AddressedBatch) -> Tensor:
        self._alive.clear()
        return super().scores(batch)

    def score(self, teacher: Teacher, clips: list[Tensor]) -> Tensor:
        scores_NC = teacher.score_with_graph(clips)
        self._alive.append(scores_NC)
        return scores_NC.detach()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict, outputs: dict
    ) -> None:
        self._alive.clear()

"""Ensemble distillation with one teacher on the device at a time."""

import torch
from torch import Tensor

from ..knowledge.teacher import Teacher
from ..registry import HOOKS
from .naive_hook import NaiveEnsembleHook


@HOOKS.register_module()
class SwapHook(NaiveEnsembleHook):
    """K teachers in host memory; each is copied to the device to score, every step, and dropped.

    The device holds one teacher beside the student; a step pays K forwards and K copies. On the CPU
    host and device are one, so nothing is copied and the memory says nothing of the method.

    Args:
        See :class:`DistillationHook`. The pool's banks are not read.
    """

    def home(self, device: torch.device) -> torch.device:
        return torch.device('cpu')

    def score(self, teacher: Teacher, clips: list[Tensor]) -> Tensor:
        with teacher.on(self.device):
            return super().score(teacher, clips)

    def memory_is_measured(self, device: torch.device) -> bool:
        return device.type != 'cpu'

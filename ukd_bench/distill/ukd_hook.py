"""UKD: the student reads its teachers' scores from the bank; no teacher is in memory."""

import numpy as np
import torch
from mmengine.runner import Runner
from torch import Tensor

from ..errors import BankError, ConfigError
from ..knowledge.bank import Bank, open_banks
from ..knowledge.identity import bank_identities
from ..knowledge.pool import teacher_facts
from ..registry import HOOKS
from .batch import AddressedBatch
from .hook import DistillationHook, require_equal_classes
from .replay_hook import replayable_dataset


@HOOKS.register_module()
class UKDHook(DistillationHook):
    """Turns a recognizer's config into a student of any number of teachers.

    One entry in ``custom_hooks`` is all::

        custom_hooks = [
            dict(type='ukd_bench.UKDHook', pool='results/quick/pool.json', num_teachers=4)
        ]

    This is our reconstruction of *Unlimited Knowledge Distillation* (arXiv 2308.09327), whose
    mechanism is not public.

    Args:
        See :class:`DistillationHook`. ``num_views`` None means as many as the banks hold.

    Attributes:
        banks: Of the teachers, in pool order.

    Raises:
        BankError: a bank is absent, damaged, or made for another data set, other views, other
            classes, another rendering or another state of its teacher.
    """

    def open_source(self, runner: Runner) -> None:
        pipeline = runner.cfg.train_dataloader.dataset.pipeline
        identities = bank_identities(
            self.teachers, replayable_dataset(runner), pipeline, self.view_seed
        )
        self.banks: list[Bank] = open_banks(self.teachers, identities)
        numbers = {bank.teacher['name']: bank.num_classes for bank in self.banks}
        require_equal_classes(numbers)
        self._require_all_classes()
        shortest = min(self.banks, key=lambda bank: bank.num_views)
        if self.num_views is None:
            self.num_views = shortest.num_views
        used = min(self.num_views, runner.max_epochs)
        if used > shortest.num_views:
            raise BankError(
                f'bank {shortest.folder} holds {shortest.num_views} views, {used} are needed'
            )

    def scores(self, batch: AddressedBatch) -> Tensor:
        return self.read(self.banks, batch.view, batch.samples)

    def read(self, banks: list[Bank], view: int, samples: list[int]) -> Tensor:
        """(K, N, C) float32 scores of some samples in K banks."""
        return torch.from_numpy(np.stack([bank.read(view, samples) for bank in banks]))

    def teacher_facts(self) -> list[dict]:
        return [
            teacher_facts(entry, bank.teacher['state_bytes'])
            for entry, bank in zip(self.teachers, self.banks, strict=True)
        ]

    @property
    def bank_bytes(self) -> int:
        return sum(bank.scores_bytes for bank in self.banks)

    def _require_all_classes(self) -> None:
        partial = next((bank for bank in self.banks if not bank.keeps_all_classes), None)
        if self.rule.needs_all_classes and partial is not None:
            raise ConfigError(
                f'rule {self.rule_name!r} needs the scores of all classes, bank {partial.folder} '
                'keeps the highest alone'
            )

"""UKD: the student reads its teachers' scores from the bank; no teacher is in memory."""

from collections.abc import Sequence

import numpy as np
import torch
from mmengine.runner import Runner
from torch import Tensor

from ..datasets.fingerprint import dataset_classes, dataset_fingerprint
from ..errors import BankError
from ..knowledge.bank import Bank, classes_fingerprint, open_banks, views_fingerprint
from ..knowledge.pool import teacher_facts
from ..registry import HOOKS
from .hook import DistillationHook
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

    Raises:
        BankError: a bank is absent, damaged, or made for another data set, other views, other
            classes or another state of its teacher.
    """

    def open_source(self, runner: Runner) -> None:
        dataset = replayable_dataset(runner)
        pipeline = runner.cfg.train_dataloader.dataset.pipeline
        self.banks: list[Bank] = open_banks(
            self.teachers,
            dataset_fingerprint(dataset),
            views_fingerprint(self.view_seed, plain(pipeline)),
            classes_fingerprint(dataset_classes(dataset)),
        )
        shortest = min(self.banks, key=lambda bank: bank.num_views)
        if self.num_views is None:
            self.num_views = shortest.num_views
        used = min(self.num_views, runner.max_epochs)
        if used > shortest.num_views:
            raise BankError(
                f'bank {shortest.folder} holds {shortest.num_views} views, {used} are needed'
            )

    def scores(self, view: int, samples: Sequence[int], inputs: list[Tensor]) -> Tensor:
        return torch.from_numpy(np.stack([bank.read(view, samples) for bank in self.banks]))

    def teacher_facts(self) -> list[dict]:
        return [
            teacher_facts(entry, bank.teacher['state_bytes'])
            for entry, bank in zip(self.teachers, self.banks, strict=True)
        ]

    @property
    def bank_bytes(self) -> int:
        """Bytes on disk of all scores that the student may read."""
        return sum(bank.scores_bytes for bank in self.banks)


def plain(pipeline: Sequence) -> list[dict]:
    """A pipeline's config as plain dicts, whatever MMEngine wrapped it in."""
    return [step.to_dict() if hasattr(step, 'to_dict') else dict(step) for step in pipeline]

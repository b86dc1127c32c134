"""UKD and its kin: the student reads its teachers' scores from banks; no teacher is in memory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.runner import Runner
from torch import Tensor

from ..errors import BankError, ConfigError
from ..files.checkpoints import load_weights, unwrapped
from ..knowledge.bank.format import Bank, open_banks
from ..knowledge.identity import bank_identities
from ..knowledge.pool import PoolEntry, read_pool, teacher_facts
from ..registry import HOOKS
from .batch import AddressedBatch, require_equal_classes
from .distillation_hook import DistillationHook
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
        banks: Banks of the teachers, in pool order.

    Raises:
        BankError: a bank is absent, damaged, or made for another data set, other views, other
            classes, another rendering or another state of its teacher.
    """

    def open_source(self, runner: Runner) -> None:
        """Opens the banks, and compares them with the student's clips, views and classes."""
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
        """(K, N, C) float32 scores of the batch's addresses, read from the banks."""
        return self.read(self.banks, batch.view, batch.samples)

    def read(self, banks: list[Bank], view: int, samples: list[int]) -> Tensor:
        """(K, N, C) float32 scores of some samples in K banks."""
        return torch.from_numpy(np.stack([bank.read(view, samples) for bank in banks]))

    def teacher_facts(self) -> list[dict]:
        """Facts of each teacher, in pool order; its size is the one that its bank notes."""
        return [
            teacher_facts(entry, bank.teacher['state_bytes'])
            for entry, bank in zip(self.teachers, self.banks, strict=True)
        ]

    @property
    def bank_bytes(self) -> int:
        """Bytes on disk of the scores in all banks."""
        return sum(bank.scores_bytes for bank in self.banks)

    def _require_all_classes(self) -> None:
        partial = next((bank for bank in self.banks if not bank.keeps_all_classes), None)
        if partial is None:
            return
        for what, part in (
            (f'rule {self.rule_name!r}', self.rule),
            (f'loss {self.loss_name!r}', self.loss),
        ):
            if part.needs_all_classes:
                raise ConfigError(
                    f'{what} needs the scores of all classes, bank {partial.folder} keeps the '
                    'highest alone'
                )


@HOOKS.register_module()
class ShuffledHook(UKDHook):
    """Gives each clip the targets of another clip of its class, another one for every view.

    What the student can learn from these is the class and what is true of the class as a whole; a
    gain of UKD over this control comes from what teachers know of the single clip.

    Args:
        See :class:`UKDHook`.

    Raises:
        ConfigError: a class has one clip alone.
    """

    def open_source(self, runner: Runner) -> None:
        """Opens the banks and pairs the clips once: a class of one clip is refused here."""
        super().open_source(runner)
        self._labels_S = self.banks[0].labels_N
        self._partners: dict[int, np.ndarray] = {}
        self._partners_under(0)

    def scores(self, batch: AddressedBatch) -> Tensor:
        """(K, N, C) float32 scores of each clip's partner under the batch's view."""
        partners_S = self._partners_under(batch.view)
        return self.read(self.banks, batch.view, partners_S[batch.samples].tolist())

    def _partners_under(self, view: int) -> np.ndarray:
        if view not in self._partners:
            generator = np.random.default_rng((self.view_seed, view))
            # An epoch has one view.
            self._partners = {view: self.pair(self._labels_S, generator)}
        return self._partners[view]

    def pair(self, labels_S: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """(S,) the clip whose targets each clip gets."""
        return partners_within_classes(labels_S, generator)


@HOOKS.register_module()
class ShuffledAcrossHook(ShuffledHook):
    """Gives each clip the targets of a clip of another class, another one for every view.

    The targets are as soft and as many as UKD's and say nothing true of the clip. A student that
    gains by them gains by something else than knowledge: it is the negative control.

    Args:
        See :class:`UKDHook`.

    Raises:
        ConfigError: there is one clip alone.
    """

    def pair(self, labels_S: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """(S,) the clip whose targets each clip gets."""
        return partners_across_classes(labels_S, generator)


def partners_within_classes(
    labels_S: Sequence[int] | np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """(S,) partners: for every sample another one of its class, each used exactly once.

    The samples of a class are put in a ring of random order, and each takes its neighbour.

    Raises:
        ConfigError: a class has one sample alone.
    """
    labels_S = np.asarray(labels_S)
    partners_S = np.empty(len(labels_S), dtype=np.int64)
    for label in np.unique(labels_S):
        ring = generator.permutation(np.flatnonzero(labels_S == label))
        if len(ring) < 2:
            raise ConfigError(
                f'class {label} has one training clip alone: there is no other to take targets from'
            )
        partners_S[ring] = np.roll(ring, -1)
    return partners_S


def partners_across_classes(
    labels_S: Sequence[int] | np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """(S,) partners: for every sample one of another class, each used exactly once.

    A random permutation, in which each sample that has one of its own class changes partners with
    a random sample to which that is none. Where a class has more than half of the samples, as few
    of them as can be have another one of it.

    Raises:
        ConfigError: there is one sample alone.
    """
    labels_S = np.asarray(labels_S)
    if len(labels_S) < 2:
        raise ConfigError('there is one training clip alone: no other to take targets from')
    partners_S = generator.permutation(len(labels_S))
    for sample in np.flatnonzero(labels_S[partners_S] == labels_S):
        own = labels_S[sample]
        if labels_S[partners_S[sample]] != own:
            continue
        willing = np.flatnonzero((labels_S != own) & (labels_S[partners_S] != own))
        if not len(willing) and partners_S[sample] == sample:
            willing = np.flatnonzero((labels_S == own) & (np.arange(len(labels_S)) != sample))
        if len(willing):
            other = generator.choice(willing)
            partners_S[[sample, other]] = partners_S[[other, sample]]
    return partners_S


@HOOKS.register_module()
class RandomTeacherHook(UKDHook):
    """Takes each batch's targets from one of the K teachers, drawn uniformly.

    After Fukuda et al. (Interspeech 2017), who switch teachers from batch to batch. The draw
    depends on (seed, iteration) alone.

    Args:
        See :class:`UKDHook`.
    """

    @property
    def num_scored(self) -> int:
        """Number of teachers whose scores a batch gets: 1."""
        return 1

    def open_source(self, runner: Runner) -> None:
        """Opens the banks, and keeps the run's seed for the draws."""
        super().open_source(runner)
        self._seed = runner.seed

    def scores(self, batch: AddressedBatch) -> Tensor:
        """(1, N, C) float32 scores of the one teacher that is drawn for this iteration."""
        drawn = np.random.default_rng((self._seed, batch.iteration)).integers(len(self.banks))
        return self.read([self.banks[drawn]], batch.view, batch.samples)


@HOOKS.register_module()
class ChainHook(UKDHook):
    """Stage K of a chain: the student of stage K - 1 goes on learning, from teacher K alone.

    Every stage is a whole training of the config's length. The first stage is UKD with one teacher.

    Args:
        pool: Pool of teachers.
        num_teachers: K, the stage; None for the last of the pool.
        previous: Checkpoint of stage K - 1, whose weights this one starts from; none at K = 1.
        options: See :class:`UKDHook`.

    Raises:
        ConfigError: ``previous`` is absent where K > 1, or there where K = 1.
    """

    def __init__(
        self,
        pool: str | Path | list[dict],
        num_teachers: int | None = None,
        previous: str | Path | None = None,
        **options: Any,
    ) -> None:
        super().__init__(pool, num_teachers, **options)
        self.previous = None if previous is None else Path(previous)
        if self.stage > 1 and previous is None:
            raise ConfigError(
                f'ChainHook: stage {self.stage} needs previous, the checkpoint of stage '
                f'{self.stage - 1}'
            )
        if self.stage == 1 and previous is not None:
            raise ConfigError('ChainHook: the first stage has no previous one')

    def read_teachers(
        self, pool: str | Path | list[dict], num_teachers: int | None
    ) -> list[PoolEntry]:
        """Reads teacher K alone from the pool, and notes K as the stage."""
        teachers = read_pool(pool, num_teachers)
        self.stage = len(teachers)
        return teachers[-1:]

    def before_train(self, runner: Runner) -> None:
        """Begins as UKD does, then loads the stage before unless training resumes."""
        super().before_train(runner)
        # A resumed stage has its own weights by now.
        if self.previous is not None and runner.epoch == 0:
            noted, own = load_weights(unwrapped(runner), self.previous), self.classes_of(runner)
            if noted and own and noted != own:
                raise ConfigError(f'checkpoint {self.previous} has other classes, or another order')

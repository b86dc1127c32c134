"""Teachers of whom only the memory is of interest: their configs, checkpoints and banks."""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ....files.atomic import folder_once
from ....files.checkpoints import save_weights
from ....files.hashes import digest
from ....knowledge.identity import model_section
from ....knowledge.pool import read_pool
from ....methods.config_files import custom_hooks
from .stage import Stage
from .stand_in_flow import without_flow
from .training import rehearse_fill


class Teachers:
    """A pool of any length made of a few kinds, over and over.

    Args:
        folder: For all that is made; empty, or prepared by another process.
        kinds: Training configs of the kinds, in pool order.
    """

    def __init__(self, folder: Path, kinds: Sequence[Config]) -> None:
        self.folder = folder
        self.kinds = kinds

    def prepare(self, kind: int, stage: Stage, dataset: dict[str, Any] | None) -> None:
        """Makes config and checkpoint of a kind, and its bank: the phase ``fill`` on the stage.

        Args:
            kind: Place in the pool of the first teacher of that kind.
            stage: Where its bank is filled; what it needs decides of the weights in the checkpoint.
            dataset: The student's training set; None makes no bank.
        """
        self.write(kind, stage)
        if dataset is not None:
            self.fill(kind, stage, dataset)

    def write(self, kind: int, stage: Stage) -> None:
        """Makes config and checkpoint of a kind, see :meth:`prepare`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = Config(self.kinds[kind].to_dict())
        for loader in ('train_dataloader', 'test_dataloader'):
            dataset = config.get(loader, {}).get('dataset', {})
            if 'pipeline' in dataset:
                dataset.pipeline = [without_flow(step) for step in dataset.pipeline]
        config.dump(self._config(kind))
        if stage.needs_weights:
            save_weights(stage.build(model_section(config)), self._checkpoint(kind))
        else:
            self._checkpoint(kind).write_bytes(b'no weights')

    def fill(self, kind: int, stage: Stage, dataset: dict[str, Any]) -> None:
        """Makes the bank of a kind that has been written, see :meth:`prepare`."""
        (entry,) = read_pool([self._entry(kind)])
        rehearse_fill(entry, dataset, stage)

    def give_bank(self, kind: int, stage: Stage, dataset: dict[str, Any], earlier: Path) -> None:
        """Makes the bank of a kind, as :meth:`fill` does, unless one like it was made before.

        Args:
            kind: See :meth:`prepare`.
            stage: Likewise.
            dataset: Likewise.
            earlier: Folder of the banks that were made before, and are to be.
        """
        kept = earlier / digest([repr(self.kinds[kind].to_dict()), repr(dataset)])
        if kept.exists():
            _copy(kept, self._bank(kind))
        else:
            self.fill(kind, stage, dataset)
            _copy(self._bank(kind), kept)

    def pool(self, num_teachers: int) -> list[dict[str, Any]]:
        """The entries of the first K teachers, with banks of their own where there are banks."""
        entries = []
        for number in range(num_teachers):
            entry = self._entry(number)
            kind = self._bank(number % len(self.kinds))
            # Teachers of one kind would have filled the same.
            if kind.exists() and not Path(entry['bank']).exists():
                _copy(kind, Path(entry['bank']))
            entries.append(entry)
        return entries

    def _entry(self, number: int) -> dict[str, Any]:
        kind = number % len(self.kinds)
        return dict(
            name=f'teacher-{number}',
            config=str(self._config(kind)),
            checkpoint=str(self._checkpoint(kind)),
            bank=str(self._bank(number)),
        )

    def _config(self, kind: int) -> Path:
        return self.folder / f'teacher-{kind}.py'

    def _checkpoint(self, kind: int) -> Path:
        return self.folder / f'teacher-{kind}.pth'

    def _bank(self, number: int) -> Path:
        return self.folder / f'bank-{number}'


def give_pool(config: Config, entries: list[dict[str, Any]]) -> None:
    """Has the hook of a config that distils read other teachers, under one view."""
    for hook in custom_hooks(config):
        if 'pool' in hook or 'previous' in hook:
            hook['pool'], hook['num_views'] = entries, 1
        if hook.get('previous'):
            hook['previous'] = entries[-1]['checkpoint']


def _copy(bank: Path, copied: Path) -> None:
    folder_once(copied, partial(shutil.copytree, bank))

"""A frozen recognizer that scores views."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from mmaction.models.heads import TPNHead
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmaction.utils import register_all_modules
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.model import revert_sync_batchnorm
from torch import Tensor

from ..data.streams import EVALUATION, kept_streams, seeded
from ..errors import ConfigError, UkdBenchError, one_line
from ..files.checkpoints import load_weights, state_bytes, state_sha256
from ..methods.config_files import wants_channels_last
from ..models.channels_last import lay_out_channels_last
from .identity import model_section, read_teacher_config
from .pool import PoolEntry

MICRO_BATCH = 16
"""Clips a teacher scores at once, always, padded where fewer are left: a batch of one takes another
kernel and changes the last bits, so the size is fixed in the bank fill and online alike."""

OWN_RENDERING = (
    "a teacher renders views in its own way where its config and the student's both have the "
    "suite's pipeline steps, see docs/pipeline_steps.md"
)
"""What helps where a network cannot take another's clips."""


class Teacher:
    """A trained recognizer in ``eval`` mode, outside any module tree and without gradients.

    Its knowledge is the class score vector before softmax, after consensus over segments.

    Args:
        config: MMAction2 config file; its ``model`` section is built, with a ``data_preprocessor``
            from the top level where it has none.
        checkpoint: Weights for all of the model's parameters and buffers.
        device: Device that the model lives on.
        classes: The student's class names in label order, in which scores come; empty where it has
            none.
        own_classes: The teacher's class names in label order; None where the checkpoint notes
            them, or they are the student's.
        name: What messages call it.

    Attributes:
        forwards_in_process: Micro-batch forwards of all teachers since the process began. That it
            is zero proves that a student trained without one.

    Raises:
        ConfigError: the config or checkpoint is absent or cannot be used, they do not fit each
            other, or the classes have other names.
    """

    forwards_in_process: ClassVar[int] = 0

    def __init__(
        self,
        config: Path,
        checkpoint: Path,
        device: torch.device | str = 'cpu',
        classes: Sequence[str] = (),
        own_classes: Sequence[str] | None = None,
        name: str = '',
    ) -> None:
        own = read_teacher_config(config)
        self.model = _build(own, config)
        self.name = name or str(checkpoint)
        later = _made_later(self.model)
        noted = load_weights(
            self.model, checkpoint, lambda name: '' if name.startswith(later) else name
        )
        known = own_classes or (noted if classes else None)
        if noted and not classes:
            print_log(
                f'teacher {self.name}: its checkpoint names its classes, but the training set has '
                'no names to compare (metainfo=dict(classes=[...])): their order is taken for one',
                'current',
                logging.WARNING,
            )
        order = class_order(self.name, known, classes)
        self.order = None if order is None else torch.tensor(order)
        self.state_bytes = state_bytes(self.model)
        self.state_sha256 = state_sha256(self.model)
        if wants_channels_last(own):
            lay_out_channels_last(self.model)
        self.model.requires_grad_(False)
        self.model.eval()
        self.model.to(device)

    @classmethod
    def of(
        cls, entry: PoolEntry, device: torch.device | str = 'cpu', classes: Sequence[str] = ()
    ) -> 'Teacher':
        """A teacher of a pool, whose scores come in the order of the student's classes.

        Args:
            entry: The pool's entry.
            device: Device that the model lives on.
            classes: The student's class names in label order.

        Raises:
            ConfigError: as the constructor; or the teacher's classes have other names.
        """
        file = entry.checkpoint_file()
        return cls(entry.config, file, device, classes, entry.classes, entry.name)

    @torch.no_grad()
    def score(self, inputs: list[Tensor]) -> Tensor:
        """Scores raw clips.

        Args:
            inputs: N packed uint8 clips, (M, C, T, H, W) each, as the loader hands them out.

        Returns:
            (N, C) float32 scores on the CPU.
        """
        return self.score_with_graph(inputs).cpu()

    def score_with_graph(self, inputs: list[Tensor]) -> Tensor:
        """Scores raw clips on the model's device, with a graph if its parameters want gradients.

        Returns:
            (N, C) float32 scores on the model's device.
        """
        parts = [
            self._score_micro_batch(inputs[start : start + MICRO_BATCH])
            for start in range(0, len(inputs), MICRO_BATCH)
        ]
        return torch.cat(parts)

    @contextlib.contextmanager
    def on(self, device: torch.device | str) -> Iterator[None]:
        """Has copies of the weights on another device for the duration of a block.

        The weights themselves stay where they are, so nothing is copied back.
        """
        home = next(self.model.parameters()).device
        # The preprocessor casts the clips, so it must know where to.
        self.model.data_preprocessor.to(device)
        # Weights are replaced and not their data, since a device may have tensors of another class.
        slots = [
            (held, name, tensor)
            for module in self.model.modules()
            for held in (module._parameters, module._buffers)
            for name, tensor in held.items()
            if tensor is not None
        ]
        copies: dict[int, Tensor] = {}
        try:
            for held, name, tensor in slots:
                # Modules may share a tensor.
                if id(tensor) not in copies:
                    copied = copies[id(tensor)] = _copy(tensor.detach(), device)
                    if isinstance(tensor, torch.nn.Parameter):
                        copies[id(tensor)] = torch.nn.Parameter(copied, tensor.requires_grad)
                held[name] = copies[id(tensor)]
            yield
        finally:
            for held, name, tensor in slots:
                held[name] = tensor
            self.model.data_preprocessor.to(home)

    def _score_micro_batch(self, inputs: list[Tensor]) -> Tensor:
        padded = inputs + inputs[:1] * (MICRO_BATCH - len(inputs))
        batch = dict(inputs=padded, data_samples=[ActionDataSample() for _ in padded])
        # MMAction2 scores a test clip's views in portions where it is alone in its batch.
        if getattr(self.model, 'test_cfg', None):
            self.model.test_cfg.pop('max_testing_views', None)
        device = next(self.model.parameters()).device
        try:
            # Whatever a network draws here must not depend on what was drawn before, nor change
            # what a student draws after.
            with seeded(EVALUATION, device):
                prepared = self.model.data_preprocessor(batch, training=False)
                features, head_arguments = self.model.extract_feat(
                    prepared['inputs'], test_mode=True
                )
                scores = self.model.cls_head(features, **head_arguments)
        except (UkdBenchError, MemoryError, torch.OutOfMemoryError):
            raise
        # A network refuses clips that are laid out for another kind in whatever way it comes.
        except Exception as error:
            raise ConfigError(
                f'teacher {self.name} cannot score clips of shape {[*inputs[0].shape]}: '
                f'{one_line(error)}; {OWN_RENDERING}'
            ) from error
        if self.order is not None and scores.shape[-1] != len(self.order):
            raise ConfigError(
                f'teacher {self.name} scores {scores.shape[-1]} classes, the names of '
                f'{len(self.order)} are known'
            )
        Teacher.forwards_in_process += 1
        # Networks that test several clips of a sample score each.
        scores_NMC = scores.reshape(MICRO_BATCH, -1, scores.shape[-1])
        scores_NC = scores_NMC.mean(dim=1)[: len(inputs)].float()
        return scores_NC if self.order is None else scores_NC[:, self.order.to(scores_NC.device)]


def _build(config: Config, path: Path) -> Any:
    model = model_section(config)
    register_all_modules(init_default_scope=True)
    # Building draws random weights; whoever builds after this must not notice.
    with torch.random.fork_rng(), kept_streams():
        try:
            return revert_sync_batchnorm(MODELS.build(model))
        # MMEngine and MMAction2 answer an unknown key with whatever their constructors raise.
        except Exception as error:
            raise ConfigError(
                f'teacher config {path}: its model cannot be built ({one_line(error)})'
            ) from error


def _made_later(model: torch.nn.Module) -> tuple[str, ...]:
    """Beginnings of names of what a checkpoint may hold and a new network lacks.

    MMAction2's ``TPNHead`` makes a layer at its first forward in tests, a copy of one that the
    checkpoint holds too.
    """
    modules = model.named_modules()
    return tuple(f'{name}.new_cls.' for name, module in modules if isinstance(module, TPNHead))


def _copy(data: Tensor, device: torch.device | str) -> Tensor:
    # On the device where the tensor lives this is the tensor itself.
    return data.to(device)


def class_order(
    teacher: str, teacher_classes: Sequence[str] | None, classes: Sequence[str]
) -> list[int] | None:
    """Where the score of each of the student's classes stands among a teacher's scores.

    Args:
        teacher: The teacher's name, for messages.
        teacher_classes: Names in the teacher's label order; None where they are the student's.
        classes: Names in the student's label order.

    Returns:
        One index a class; None where the orders are one.

    Raises:
        ConfigError: the two do not have the same names, or the student's have none.
    """
    if teacher_classes is None or tuple(teacher_classes) == tuple(classes):
        return None
    if not classes:
        raise ConfigError(
            f'teacher {teacher}: its classes have names, those of the training set have none: '
            'give its data set metainfo=dict(classes=...)'
        )
    if strange := sorted({*classes} ^ {*teacher_classes}):
        owner = 'teacher' if strange[0] in teacher_classes else 'training set'
        raise ConfigError(
            f'teacher {teacher}: class {strange[0]!r} is one of the {owner} alone, the names of '
            'both must be the same'
        )
    positions = {name: index for index, name in enumerate(teacher_classes)}
    return [positions[name] for name in classes]

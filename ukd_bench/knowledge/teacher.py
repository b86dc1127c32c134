"""A frozen recognizer that scores views."""

from pathlib import Path
from typing import ClassVar

import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmaction.utils import register_all_modules
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from torch import Tensor

from ..errors import ConfigError
from ..state import load_weights, state_bytes, state_sha256

MICRO_BATCH = 16
"""Clips a teacher scores at once, always, padded where fewer are left: a batch of one takes another
kernel and changes the last bits, so the size is fixed in the bank fill and online alike."""


class Teacher:
    """A trained recognizer in ``eval`` mode, outside any module tree and without gradients.

    Its knowledge is the class score vector before softmax, after consensus over segments.

    Args:
        config: MMAction2 config file; its ``model`` section is built.
        checkpoint: Weights for all of the model's parameters and buffers.
        device: Where it lives.

    Attributes:
        forwards_in_process: Micro-batch forwards of all teachers since the process began. That it
            is zero proves that a student trained without one.

    Raises:
        ConfigError: the config or checkpoint is absent or they do not fit each other.
    """

    forwards_in_process: ClassVar[int] = 0

    def __init__(self, config: Path, checkpoint: Path, device: torch.device | str = 'cpu') -> None:
        if not config.is_file():
            raise ConfigError(f'teacher config {config} does not exist')
        register_all_modules(init_default_scope=True)
        # Building draws random weights; whoever builds after this must not notice.
        with torch.random.fork_rng():
            self.model = revert_sync_batchnorm(MODELS.build(Config.fromfile(config).model))
        load_weights(self.model, checkpoint)
        self.state_bytes = state_bytes(self.model)
        self.state_sha256 = state_sha256(self.model)
        self.model.requires_grad_(False)
        self.model.eval()
        self.model.to(device)

    @torch.no_grad()
    def score(self, inputs: list[Tensor]) -> Tensor:
        """Scores raw clips.

        Args:
            inputs: N packed uint8 clips, (M, C, T, H, W) each, as the loader hands them out.

        Returns:
            (N, C) float32 scores on the CPU.
        """
        parts = [
            self._score_micro_batch(inputs[start : start + MICRO_BATCH])
            for start in range(0, len(inputs), MICRO_BATCH)
        ]
        return torch.cat(parts).cpu()

    def _score_micro_batch(self, inputs: list[Tensor]) -> Tensor:
        padded = inputs + inputs[:1] * (MICRO_BATCH - len(inputs))
        batch = dict(inputs=padded, data_samples=[ActionDataSample() for _ in padded])
        prepared = self.model.data_preprocessor(batch, training=False)
        features, head_arguments = self.model.extract_feat(prepared['inputs'], test_mode=True)
        scores = self.model.cls_head(features, **head_arguments)
        Teacher.forwards_in_process += 1
        # Networks that test several clips of a sample score each.
        scores_NMC = scores.reshape(MICRO_BATCH, -1, scores.shape[-1])
        return scores_NMC.mean(dim=1)[: len(inputs)].float()

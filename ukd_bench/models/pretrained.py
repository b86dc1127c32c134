"""Backbones that start from a published checkpoint, or do not start."""

import functools
from collections.abc import Callable
from pathlib import Path

from mmaction.registry import MODELS as MMACTION_MODELS
from torch import nn

from ..files.checkpoints import load_weights
from ..files.downloads import downloaded, is_url
from ..registry import MODELS


@MODELS.register_module(name='PretrainedBackbone')
def pretrained_backbone(backbone: dict, checkpoint: str, prefix: str = 'backbone.') -> nn.Module:
    """A backbone of MMAction2 whose initial weights are those of a whole recognizer's checkpoint.

    The backbone itself is built, so its keys in a checkpoint stay what they are; only
    ``init_weights`` is replaced. Backbones of MMAction2 differ in where they look for initial
    weights (several ignore ``init_cfg``) and only log what does not fit; here every key must.
    Nothing is read or downloaded before ``init_weights``, so teachers need no network.

    Args:
        backbone: Config of an MMAction2 backbone; its own ``pretrained`` is not used.
        checkpoint: A local file, or a URL whose file name ends in digits of its SHA-256, as those
            of MMAction2's published checkpoints do. Downloads go to ``$TORCH_HOME/hub/checkpoints``
            and are used only with that hash.
        prefix: Beginning of the backbone's keys in the checkpoint; other keys are left out.

    Raises:
        ConfigError: from ``init_weights``, where the checkpoint is absent, cannot be downloaded or
            does not fit the backbone key by key.
    """
    network = MMACTION_MODELS.build(backbone)
    network.init_weights = functools.partial(_load_part, network, checkpoint, prefix)
    return network


def _load_part(network: nn.Module, checkpoint: str, prefix: str) -> None:
    path = downloaded(checkpoint) if is_url(checkpoint) else Path(checkpoint)
    load_part(network, path, lambda key: key.removeprefix(prefix) if key.startswith(prefix) else '')


def load_part(network: nn.Module, path: Path, rename: Callable[[str], str]) -> None:
    """Loads all of ``network`` from a part of a larger network's checkpoint.

    Args:
        network: Every parameter and buffer of it must be in the checkpoint.
        path: File of the checkpoint.
        rename: From a key of the checkpoint to the network's; an empty name leaves it out.

    Raises:
        ConfigError: the file is absent, no checkpoint, or its part does not fit key by key.
    """
    load_weights(_PartOfCheckpoint(network, rename), path)


class _PartOfCheckpoint(nn.Module):
    """Stands for a whole network where only a part is there to be loaded."""

    def __init__(self, network: nn.Module, rename: Callable[[str], str]) -> None:
        super().__init__()
        self.network = network
        self.rename = rename

    def load_state_dict(self, state: dict, strict: bool = True, assign: bool = False):
        named = {self.rename(key): value for key, value in state.items()}
        named.pop('', None)
        return self.network.load_state_dict(named, strict=strict, assign=assign)

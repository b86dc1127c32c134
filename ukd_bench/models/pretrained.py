"""Backbones that start from a published checkpoint, or do not start."""

import functools

from mmaction.registry import MODELS as MMACTION_MODELS
from torch import nn

from ..errors import ConfigError
from ..files.checkpoints import load_weights
from ..files.downloads import downloaded, is_url, local_path
from ..registry import MODELS


@MODELS.register_module(name='PretrainedBackbone')
def pretrained_backbone(
    backbone: dict,
    checkpoint: str | None = None,
    prefix: str = 'backbone.',
    run: str | None = None,
) -> nn.Module:
    """A backbone of MMAction2 whose initial weights are those of a whole recognizer's checkpoint.

    The backbone itself is built, so its keys in a checkpoint stay what they are; only
    ``init_weights`` is replaced. Backbones of MMAction2 differ in where they look for initial
    weights (several ignore ``init_cfg``) and only log what does not fit; here every key must.
    Nothing is read or downloaded before ``init_weights``, so teachers need no network.

    Args:
        backbone: Config of an MMAction2 backbone; its own ``pretrained`` is not used.
        checkpoint: A local file, or a URL whose file name ends in digits of its SHA-256, as those
            of MMAction2's published checkpoints do. Downloads go to ``$TORCH_HOME/hub/checkpoints``
            and are used only with that hash. A plan whose sweep trains it leaves it open.
        prefix: Beginning of the backbone's keys in the checkpoint; other keys are left out.
        run: Key of the run of a sweep that trains the checkpoint; it stands for the weights in the
            key of whatever starts from them.

    Raises:
        ConfigError: from ``init_weights``, where the checkpoint is absent, cannot be downloaded or
            does not fit the backbone key by key.
    """
    network = MMACTION_MODELS.build(backbone)
    network.init_weights = functools.partial(_load_part, network, checkpoint, prefix, run)
    return network


def _load_part(network: nn.Module, checkpoint: str | None, prefix: str, run: str | None) -> None:
    if checkpoint is None:
        raise ConfigError(
            f'PretrainedBackbone: no checkpoint: run {run!r} of a sweep trains it, and only the '
            'sweep knows where that lies'
        )
    path = downloaded(checkpoint) if is_url(checkpoint) else local_path(checkpoint)
    load_weights(
        network, path, lambda key: key.removeprefix(prefix) if key.startswith(prefix) else ''
    )

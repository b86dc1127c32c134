"""A hook that lays out convolutions in the memory order that some kernels are faster in."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..files.checkpoints import unwrapped
from ..registry import HOOKS

_FORMATS = {torch.nn.Conv2d: torch.channels_last, torch.nn.Conv3d: torch.channels_last_3d}


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Lays out the weights of all convolutions with their channels last.

    Activations take the order of the first weights that they meet, so nothing else need change.
    Whether it pays depends on network and device: measure first. Other kernels round otherwise, so
    a student trained with it is another one, bit for bit, than one without; names, shapes and
    values in its checkpoint are those of any other.

    What the hook says of a config's network holds wherever that network is used: teachers, in a
    bank fill as beside a student, and the peers of mutual learning are laid out by their configs.
    """

    # After weights were loaded or resumed, whoever did it.
    priority = 'LOWEST'

    def before_train(self, runner: Runner) -> None:
        """Lays out the weights of all convolutions."""
        lay_out_channels_last(unwrapped(runner))


def lay_out_channels_last(module: torch.nn.Module) -> None:
    """Lays out the weights of a module's convolutions with their channels last, in place."""
    for part in module.modules():
        for kind, memory_format in _FORMATS.items():
            if isinstance(part, kind):
                part.weight.data = part.weight.data.contiguous(memory_format=memory_format)

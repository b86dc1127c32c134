"""Floating point operations of one prediction."""

from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def first_clip(dataset: Any) -> dict:
    """A raw batch of a test set's first clip, with all views of its protocol."""
    packed = dataset[0]
    return dict(inputs=[packed['inputs']], data_samples=[packed['data_samples']])


@torch.no_grad()
def inference_flops(model: nn.Module, batch: dict) -> int:
    """FLOPs of predicting a raw batch; a multiply-add is two (torch's ``FlopCounterMode``)."""
    model.eval()
    with FlopCounterMode(display=False) as counter:
        model.test_step(batch)
    return counter.get_total_flops()

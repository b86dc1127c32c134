"""Floating point operations of one prediction."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


@torch.no_grad()
def inference_flops(model: nn.Module, batch: dict) -> int:
    """FLOPs of predicting a raw batch; a multiply-add is two (torch's ``FlopCounterMode``)."""
    model.eval()
    with FlopCounterMode(display=False) as counter:
        model.test_step(batch)
    return counter.get_total_flops()

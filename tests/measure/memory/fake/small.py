"""Small networks, and what a few steps of their training allocate."""

import contextlib
import gc

import torch
from torch import nn
from torch.nn import functional

from ukd_bench.measure.memory.fake.ledger import DEVICE, Ledger
from ukd_bench.measure.memory.fake.shapes import Shapes
from ukd_bench.measure.memory.fake.trace import Phase


def no_scratch(*_):
    return 0, 0


@contextlib.contextmanager
def no_collection():
    """Has nothing freed by whoever collects garbage, whenever that happens to be."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def new_ledger(shapes=None, **options):
    return Ledger(shapes or Shapes(DEVICE), no_scratch, **options)


def events_of(function, shapes=None):
    """What a function allocates on the device, in order."""
    ledger = new_ledger(shapes)
    with ledger:
        kept = function()
        del kept
    return ledger.trace.events


def peak_of(events):
    ledger = new_ledger()
    ledger.trace.events = events
    return Phase(ledger.trace, 0, len(events)).peak[1]


def on_device(*shape, **options):
    return torch.zeros(*shape, device=DEVICE, **options)


class Layer(nn.Module):
    """A transformer's layer with all kinds of attention and products."""

    def __init__(self, width=16):
        super().__init__()
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True, dropout=0.1)
        self.norm = nn.LayerNorm(width)
        self.weight = nn.Parameter(torch.zeros(width, width))
        self.perceptron = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * width, width)
        )

    def forward(self, x):
        normed = self.norm(x)
        x = x + self.attention(normed, normed, normed)[0]
        # Of three and two dimensions: torch's result is a view that it does not call one.
        x = x @ self.weight
        heads = x.unflatten(-1, (2, -1)).transpose(1, 2)
        fused = functional.scaled_dot_product_attention(heads, heads, heads)
        x = fused.transpose(1, 2).flatten(2) + torch.einsum('ntc,dc->ntd', x, self.weight)
        return x + self.perceptron(self.norm(x))


class Shift(nn.Module):
    """Shifts channels in time, as TSM does."""

    def forward(self, x):
        x = x.view(-1, 4, *x.shape[1:])
        out = torch.zeros_like(x)
        out[:, :-1, :2] = x[:, 1:, :2]
        out[:, 1:, 2:4] = x[:, :-1, 2:4]
        out[:, :, 4:] = x[:, :, 4:]
        return out.flatten(0, 1)


def transformer():
    return nn.Sequential(Layer(), Layer(), nn.Flatten(), nn.Linear(80, 3))


def convolution_3d():
    return nn.Sequential(
        *(nn.Conv3d(3, 8, 3, padding=1, bias=False), nn.BatchNorm3d(8), nn.ReLU(inplace=True)),
        *(nn.MaxPool3d(2), nn.Conv3d(8, 8, 3, groups=8), nn.Conv3d(8, 8, 1, groups=2)),
        *(nn.Hardswish(inplace=True), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Dropout(0.5)),
        nn.Linear(8, 3),
    )


def shifted_2d():
    return nn.Sequential(
        *(nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.SiLU(), Shift()),
        *(nn.Conv2d(8, 16, 3, padding=1), nn.GroupNorm(2, 16), nn.ReLU6(inplace=True)),
        *(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(144, 3)),
    )


def channels_last_3d():
    return convolution_3d().to(memory_format=torch.channels_last_3d)


def linear():
    return nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 3))


NETWORKS = {
    'linear': (linear, (2, 8)),
    'transformer': (transformer, (2, 5, 16)),
    'convolution_3d': (convolution_3d, (2, 3, 6, 8, 8)),
    'channels_last_3d': (channels_last_3d, (2, 3, 6, 8, 8)),
    'shifted_2d': (shifted_2d, (8, 3, 16, 16)),
}
OPTIMIZERS = {
    'sgd': lambda values: torch.optim.SGD(values, 0.1),
    'momentum': lambda values: torch.optim.SGD(values, 0.1, momentum=0.9, foreach=True),
    'adamw': lambda values: torch.optim.AdamW(values, foreach=False, amsgrad=True),
    'foreach_adamw': lambda values: torch.optim.AdamW(values, foreach=True),
    'fused_adamw': lambda values: torch.optim.AdamW(values, fused=True),
}


def train(network, optimizer, device, steps=3):
    """A few steps of a training of a network of :data:`NETWORKS`, by their names."""
    make, shape = NETWORKS[network]
    model = make().to(device)
    optimizer = OPTIMIZERS[optimizer](model.parameters())
    for _ in range(steps):
        clips = torch.zeros(shape).to(device)
        labels = torch.zeros(shape[0], dtype=torch.long).to(device)
        loss = functional.cross_entropy(model(clips), labels, label_smoothing=0.1)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

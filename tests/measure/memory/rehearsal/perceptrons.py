"""Recognizers of linear layers alone, whose memory can be worked out by hand."""

import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.model import BaseDataPreprocessor, BaseModel
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from ukd_bench.measure.memory.fake.stage import FakeStage
from ukd_bench.measure.memory.predict import peaks_on
from ukd_bench.measure.memory.rehearsal.stand_in import make_stand_in
from ukd_bench.measure.memory.rehearsal.training import rehearse_training

SIDE, CLASSES = 8, 5
CLIP = 3 * SIDE * SIDE


def pipeline(frames):
    return [
        dict(type='DecordInit'),
        dict(type='SampleFrames', clip_len=frames, frame_interval=1, num_clips=1),
        dict(type='DecordDecode'),
        dict(type='Resize', scale=(SIDE, SIDE), keep_ratio=False),
        dict(type='FormatShape', input_format='NCTHW'),
        dict(type='PackActionInputs'),
    ]


@MODELS.register_module()
class Pixels(BaseDataPreprocessor):
    """Frames as rows of numbers, each with the label of its clip."""

    def forward(self, data, training=False):
        data = self.cast_data(data)
        frames = torch.cat(data['inputs']).transpose(1, 2).flatten(0, 1)
        labels = torch.stack([sample.gt_labels.item for sample in data['data_samples']])
        each = len(frames) // len(labels)
        labels = labels.expand(-1, each).flatten()
        return dict(inputs=frames.flatten(1).float(), labels=labels)


@MODELS.register_module()
class Perceptron(BaseModel):
    """Layers of equal width, each with a ReLU, between a first and a last one.

    Args:
        width: Of a layer.
        depth: Number of layers.
        frozen: How many of them are not trained.
        checkpoint: Whether they are computed again in backward: ``reentrant``, ``again`` or None.
        dropout: Of each layer.
    """

    def __init__(self, width, depth, frozen=0, checkpoint=None, dropout=0.0):
        super().__init__(dict(type='Pixels'))
        self.first, self.last = nn.Linear(CLIP, width), nn.Linear(width, CLASSES)
        layers = [[nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout)] for _ in range(depth)]
        self.layers = nn.ModuleList(nn.Sequential(*layer) for layer in layers)
        self.layers[:frozen].requires_grad_(False)
        self.first.requires_grad_(frozen == 0)
        self.checkpoint = checkpoint

    def forward(self, inputs, labels, mode='tensor'):
        found = self.first(inputs)
        for layer in self.layers:
            if self.checkpoint is None or not self.training:
                found = layer(found)
            else:
                found = checkpoint(layer, found, use_reentrant=self.checkpoint == 'reentrant')
        scores = self.last(found)
        return dict(loss=functional.cross_entropy(scores, labels)) if mode == 'loss' else [scores]


def weights_of(width, depth):
    """Number of weights."""
    return (CLIP + 1) * width + depth * (width + 1) * width + (width + 1) * CLASSES


def config_of(
    *, width=64, depth=2, batch_size=4, frames=1, optimizer=None, wrapper=None, hooks=(), **options
) -> Config:
    """A config of a training, without a file."""
    loader = dict(
        batch_size=batch_size,
        sampler=dict(type='DefaultSampler', shuffle=True),
        dataset=dict(type='VideoDataset', ann_file='nowhere', pipeline=pipeline(frames)),
    )
    return Config(
        dict(
            model=dict(type='Perceptron', width=width, depth=depth, **options),
            train_dataloader=loader,
            train_cfg=dict(by_epoch=True, max_epochs=30, val_begin=3, val_interval=1),
            optim_wrapper=dict(
                dict(type='OptimWrapper', optimizer=optimizer or dict(type='SGD', lr=0.1)),
                **wrapper or {},
            ),
            test_dataloader=loader,
            custom_hooks=list(hooks),
        )
    )


def predicted(config, folder, stage=None, device='cuda'):
    """Peaks of the phases of a training."""
    stage = stage or FakeStage(device)
    rehearse_training(config, stage, make_stand_in(folder / 'clips'), folder)
    return peaks_on(stage, device)

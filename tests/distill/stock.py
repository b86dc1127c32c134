"""Recognizers that come with MMAction2, scaled down as one would on the command line.

Each is a config of the installed MMAction2 and dotted overrides, as ``--cfg-options`` takes them:
small frames, few of them, narrow layers where a key makes them so, no published weights.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mmaction
from mmengine.config import Config

CONFIGS = Path(mmaction.__file__).parent / '.mim' / 'configs' / 'recognition'
NUM_CLASSES = 11
_SIDE = 32
_WITHOUT_TESTS = {
    f'{phase}_{part}': None
    for phase in ('val', 'test')
    for part in ('dataloader', 'evaluator', 'cfg')
}


@dataclass(frozen=True)
class Recognizer:
    """One recognizer.

    Attributes:
        config: Path below :data:`CONFIGS`; None where the overrides are all there is.
        overrides: By dotted key.
        clips: Training clips; a batch takes two where there are as many.
        micro_batch: Clips that a teacher scores at once.
        rewrite: Makes another list of training transforms, where an override of one cannot.
    """

    config: str | None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    clips: int = 4
    micro_batch: int = 3
    rewrite: Callable[[list], list] = list

    def build(self, ann_file: Path, work_dir: Path) -> Config:
        """A training of one epoch on listed videos, without our hooks."""
        config = Config.fromfile(CONFIGS / self.config) if self.config else Config()
        config.merge_from_dict(dict(self.overrides))
        pipeline = self.rewrite(config.train_dataloader.dataset.pipeline)
        config.merge_from_dict(
            {
                'train_dataloader.dataset.ann_file': str(ann_file),
                'train_dataloader.dataset.pipeline': pipeline,
                'train_dataloader.batch_size': min(2, self.clips),
                'train_dataloader.num_workers': 0,
                'train_dataloader.persistent_workers': False,
                'train_cfg.max_epochs': 1,
                'model.cls_head.num_classes': NUM_CLASSES,
                'default_hooks.checkpoint': None,
                'log_level': 'ERROR',
                'randomness.seed': 3,
                'work_dir': str(work_dir),
                **_WITHOUT_TESTS,
            }
        )
        return config


def _step(position: int, **options) -> dict[str, Any]:
    return {
        f'train_dataloader.dataset.pipeline.{position}.{key}': value
        for key, value in options.items()
    }


def _backbone(**options) -> dict[str, Any]:
    return {f'model.backbone.{key}': value for key, value in options.items()}


def _head(**options) -> dict[str, Any]:
    return {f'model.cls_head.{key}': value for key, value in options.items()}


def _with_torchvision(pipeline: list) -> list:
    """Takes RandAugment from torchvision, as pytorchvideo need not be installed."""
    augment = dict(type='TorchVisionWrapper', op='RandAugment', num_ops=4, magnitude=7)
    return [augment if step.type == 'PytorchVideoWrapper' else step for step in pipeline]


def _training(pipeline: list[dict]) -> dict[str, Any]:
    """A training section."""
    return dict(
        train_dataloader=dict(
            sampler=dict(type='DefaultSampler', shuffle=True),
            dataset=dict(type='VideoDataset', pipeline=pipeline),
        ),
        train_cfg=dict(type='EpochBasedTrainLoop'),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.05, momentum=0.9)),
    )


def _clips(length: int, side: int) -> list[dict]:
    return [
        dict(type='DecordInit'),
        dict(type='SampleFrames', clip_len=length, frame_interval=1, num_clips=1),
        dict(type='DecordDecode'),
        dict(type='Resize', scale=(-1, side + 4)),
        dict(type='RandomResizedCrop'),
        dict(type='Resize', scale=(side, side), keep_ratio=False),
        dict(type='Flip', flip_ratio=0.5),
        dict(type='FormatShape', input_format='NCTHW'),
        dict(type='PackActionInputs'),
    ]


def _frames(number: int, side: int) -> list[dict]:
    """Single frames, for two-dimensional networks."""
    steps = _clips(1, side)
    steps[1].update(num_clips=number)
    steps[-2].update(input_format='NCHW')
    return steps


def _torchvision(
    name: str, length: int = 4, side: int = _SIDE, *, features: int, **options
) -> dict[str, Any]:
    """One of torchvision's networks under a head of MMAction2."""
    model = dict(
        type='Recognizer3D',
        backbone=dict(type='ukd_bench.TorchvisionVideo', name=name, **options),
        cls_head=dict(
            type='I3DHead', in_channels=features, dropout_ratio=0.5, average_clips='prob'
        ),
        data_preprocessor=dict(
            type='ActionDataPreprocessor',
            mean=[110.2, 100.6, 96.0],
            std=[58.1, 56.5, 55.3],
            format_shape='NCTHW',
        ),
    )
    return dict(default_scope='mmaction', model=model, **_training(_clips(length, side)))


_NO_WEIGHTS = _backbone(pretrained=None)
_NOT_INFLATED = _NO_WEIGHTS | _backbone(pretrained2d=False)
_SMALL = _step(3, scale=(-1, _SIDE + 4))
_CROPPED = _SMALL | _step(5, scale=(_SIDE, _SIDE))
_MULTI_SCALE = _CROPPED | _step(4, input_size=_SIDE)

MVIT = Recognizer(
    'mvit/mvit-small-p244_k400-maskfeat-pre_8xb32-16x4x1-100e_kinetics400-rgb.py',
    _NO_WEIGHTS
    | _backbone(
        arch=dict(
            _delete_=True, embed_dims=24, num_layers=4, num_heads=1, downscale_indices=[1, 3]
        ),
        pretrained_type=None,
        spatial_size=_SIDE,
        temporal_size=4,
    )
    | _head(in_channels=96, dropout_ratio=0.5),
    rewrite=_with_torchvision,
)
"""As it comes, it repeats and blends its samples."""

RECOGNIZERS = {
    # The mean of three segments is scored.
    'tsn': Recognizer(
        'tsn/tsn_imagenet-pretrained-r50_8xb32-1x1x3-100e_kinetics400-rgb.py',
        _NO_WEIGHTS | _MULTI_SCALE | _backbone(depth=18) | _head(in_channels=512),
    ),
    'tsm': Recognizer(
        'tsm/tsm_imagenet-pretrained-r50_8xb16-1x1x8-50e_kinetics400-rgb.py',
        _NOT_INFLATED
        | _MULTI_SCALE
        | _step(1, num_clips=4)
        | _backbone(depth=18, num_segments=4)
        | _head(in_channels=512, num_segments=4),
    ),
    # Its head draws the relations of frames that it looks at, in tests too.
    'trn': Recognizer(
        'trn/trn_imagenet-pretrained-r50_8xb16-1x1x8-50e_sthv1-rgb.py',
        _NO_WEIGHTS
        | _backbone(depth=18)
        | _head(in_channels=512, num_segments=4, hidden_dim=16)
        | {
            'train_dataloader.dataset': dict(
                _delete_=True, type='VideoDataset', pipeline=_frames(4, _SIDE)
            )
        },
    ),
    # No key makes it narrower; 16 x 16 pixels leave its first linear layer one position.
    'c3d': Recognizer(
        'c3d/c3d_sports1m-pretrained_8xb30-16x1x1-45e_ucf101-rgb.py',
        _NO_WEIGHTS | _step(3, scale=(-1, 20)) | _step(4, size=16) | _backbone(out_dim=512),
    ),
    'i3d': Recognizer(
        'i3d/i3d_imagenet-pretrained-r50_8xb8-32x2x1-100e_kinetics400-rgb.py',
        _NOT_INFLATED
        | _MULTI_SCALE
        | _step(1, clip_len=8)
        | _backbone(base_channels=16)
        | _head(in_channels=512, label_smooth_eps=0.1),
    ),
    'slowonly': Recognizer(
        'slowonly/slowonly_r50_8xb16-4x16x1-256e_kinetics400-rgb.py',
        _CROPPED | _backbone(base_channels=16) | _head(in_channels=512),
    ),
    # Its head gets the features of both pathways.
    'slowfast': Recognizer(
        'slowfast/slowfast_r50_8xb8-4x16x1-256e_kinetics400-rgb.py',
        _CROPPED
        | _step(1, clip_len=16)
        | {
            'model.backbone.slow_pathway.base_channels': 16,
            'model.backbone.fast_pathway.base_channels': 2,
        }
        | _head(in_channels=576),
    ),
    'r2plus1d': Recognizer(
        'r2plus1d/r2plus1d_r34_8xb8-8x8x1-180e_kinetics400-rgb.py',
        _CROPPED | _step(1, clip_len=4) | _backbone(base_channels=16) | _head(in_channels=128),
    ),
    # Its batch normalisation is frozen, and it is tested in portions of ten views.
    'ircsn': Recognizer(
        'csn/ircsn_ig65m-pretrained-r50-bnfrozen_8xb12-32x2x1-58e_kinetics400-rgb.py',
        _NO_WEIGHTS
        | _CROPPED
        | _step(1, clip_len=8)
        | _backbone(base_channels=16)
        | _head(in_channels=512),
    ),
    # It trains with automatic mixed precision, which MMEngine has on accelerators alone.
    'swin': Recognizer(
        'swin/swin-tiny-p244-w877_in1k-pre_8xb8-amp-32x2x1-30e_kinetics400-rgb.py',
        _NOT_INFLATED
        | _CROPPED
        | _step(1, clip_len=4)
        | _backbone(
            arch=dict(_delete_=True, embed_dims=24, depths=[2, 2, 2, 2], num_heads=[1, 2, 4, 8])
        )
        | _head(in_channels=192)
        | {'optim_wrapper.type': 'OptimWrapper'},
    ),
    'uniformerv2': Recognizer(
        'uniformerv2/uniformerv2-base-p16-res224_clip_8xb32-u8_kinetics400-rgb.py',
        _NO_WEIGHTS
        | _SMALL
        | _step(1, clip_len=4)
        | _step(6, scale=(_SIDE, _SIDE))
        | _backbone(
            clip_pretrained=False,
            input_resolution=_SIDE,
            t_size=4,
            width=96,
            n_dim=96,
            heads=2,
            n_head=2,
        )
        | _head(in_channels=96),
        rewrite=_with_torchvision,
    ),
    'x3d': Recognizer('x3d/x3d_s_13x6x1_facebook-kinetics400-rgb.py', _training(_clips(4, _SIDE))),
    # See `MVIT`.
    'mvit': Recognizer(
        MVIT.config,
        {
            **MVIT.overrides,
            'train_dataloader.dataset': dict(
                _delete_=True, type='VideoDataset', pipeline=_clips(4, _SIDE)
            ),
            'train_dataloader.collate_fn.type': 'pseudo_collate',
            'model.data_preprocessor.blending': None,
        },
    ),
    'r2plus1d_18': Recognizer(None, _torchvision('r2plus1d_18', features=512)),
    'r3d_18': Recognizer(None, _torchvision('r3d_18', features=512)),
    'mc3_18': Recognizer(None, _torchvision('mc3_18', features=512)),
    # Its pooling wants no smaller clips.
    's3d': Recognizer(None, _torchvision('s3d', 14, 224, features=1024), clips=1, micro_batch=1),
    # Its table of positions is for clips of one size; larger patches make them cheap.
    'mvit_v2_s': Recognizer(
        None,
        _torchvision('mvit_v2_s', 16, 224, features=768, patch_embed_stride=(8, 28, 28)),
        clips=2,
        micro_batch=2,
    ),
    'swin3d_t': Recognizer(None, _torchvision('swin3d_t', features=768)),
}

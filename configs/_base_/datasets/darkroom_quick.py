"""DarkRoom's quick preset: 8 frames of 48 x 48 from the whole clip."""

data_root = 'data/darkroom-quick'
classes = 11

train_pipeline = [
    # The size that DarkRoom's quick preset has; larger videos are reduced to it.
    dict(type='ukd_bench.OpenVideo', short_side=72),
    dict(type='ukd_bench.DrawView', min_span=0.8, min_side=0.8, flip_ratio=0.5),
    dict(type='ukd_bench.ViewFrames', clip_len=8),
    dict(type='ukd_bench.TakeFrames'),
    dict(type='ukd_bench.ViewCrop', size=48),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs', meta_keys=('video_id',)),
]
test_pipeline = [
    dict(type='ukd_bench.OpenVideo', short_side=72),
    dict(type='ukd_bench.EvaluationViews', protocol='center'),
    dict(type='ukd_bench.ViewFrames', clip_len=8),
    dict(type='ukd_bench.TakeFrames'),
    dict(type='ukd_bench.ViewCrop', size=48),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs', meta_keys=('video_id',)),
]

train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='ukd_bench.ARIDDataset',
        data_root=data_root,
        split=1,
        subset='train',
        pipeline=train_pipeline,
    ),
)
test_dataloader = dict(
    batch_size=16,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='ukd_bench.ARIDDataset',
        data_root=data_root,
        split=1,
        subset='test',
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_evaluator = dict(type='ukd_bench.ClipScores')
test_cfg = dict(type='TestLoop')

"""ARID: 16 frames of 224 x 224 from at least four fifths of a clip.

That is 64 to 80 frames of ARID's median clip, so those taken lie 4 to 5 apart. Data root and
split are v1.0's; a sweep sets its own. Bases of other clip lengths and sizes change this one.
"""

clip_len, size, short_side = 16, 224, 256

data_root = 'data/arid-v1'
classes = 11

train_pipeline = [
    dict(type='ukd_bench.OpenVideo', short_side=short_side),
    # One and the same in all configs of ARID, so that networks of any clip length share banks.
    dict(type='ukd_bench.DrawView', min_span=0.8, min_side=0.8, flip_ratio=0.5),
    dict(type='ukd_bench.ViewFrames', clip_len=clip_len),
    dict(type='ukd_bench.TakeFrames'),
    dict(type='ukd_bench.ViewCrop', size=size),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs', meta_keys=('video_id',)),
]
test_pipeline = [
    dict(type='ukd_bench.OpenVideo', short_side=short_side),
    dict(type='ukd_bench.EvaluationViews', protocol='center'),
    dict(type='ukd_bench.ViewFrames', clip_len=clip_len),
    dict(type='ukd_bench.TakeFrames'),
    dict(type='ukd_bench.ViewCrop', size=size),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs', meta_keys=('video_id',)),
]

train_dataloader = dict(
    batch_size=16,
    num_workers=8,
    persistent_workers=True,
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
    # A clip may have 30 views.
    batch_size=1,
    num_workers=8,
    persistent_workers=True,
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

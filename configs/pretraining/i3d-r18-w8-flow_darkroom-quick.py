_base_ = '../plain/i3d-r18-w8_darkroom-quick.py'

# From scratch, on clips that nothing else is trained on, and by views that nothing else has.
max_epochs = 7
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [dict(_base_.param_scheduler[0], total_steps=max_epochs)]
data_root = 'data/darkroom-bright'
custom_hooks = [
    dict(type='ukd_bench.ReplayHook', view_seed=2),
    dict(type='ukd_bench.ChannelsLastHook'),
]

# The flow that the two-stream network reads.
flow = dict(type='ukd_bench.OpenFlow', algorithm='farneback', bound=8, gamma=1, short_side=72)

model = dict(
    backbone=dict(in_channels=2),
    data_preprocessor=dict(streams=[dict(type='OpticalFlow')]),
)
train_pipeline = [_base_.train_pipeline[0], flow, *_base_.train_pipeline[1:]]
test_pipeline = [_base_.test_pipeline[0], flow, *_base_.test_pipeline[1:]]
train_dataloader = dict(dataset=dict(data_root=data_root, pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(data_root=data_root, pipeline=test_pipeline))

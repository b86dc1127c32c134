_base_ = '../plain/i3d-r18-w8_darkroom-quick.py'

# The flow that the two-stream network reads.
flow = dict(type='ukd_bench.OpenFlow', algorithm='farneback', bound=8, gamma=1, short_side=72)

model = dict(
    backbone=dict(in_channels=2),
    data_preprocessor=dict(streams=[dict(type='OpticalFlow')]),
)
train_pipeline = [_base_.train_pipeline[0], flow, *_base_.train_pipeline[1:]]
test_pipeline = [_base_.test_pipeline[0], flow, *_base_.test_pipeline[1:]]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
# Not the students' views: a teacher would be surer of those that it was trained on.
custom_hooks = [
    dict(type='ukd_bench.ReplayHook', view_seed=1),
    dict(type='ukd_bench.ChannelsLastHook'),
]

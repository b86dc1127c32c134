_base_ = '../plain/i3d-r18-w8_darkroom-quick.py'

# At 96x72 and 15 frames a second, one displacement in a thousand is longer than 6 pixels.
flow = dict(type='ukd_bench.OpenFlow', algorithm='farneback', bound=8, gamma=1, short_side=72)

model = dict(
    backbone=dict(
        _delete_=True,
        type='ukd_bench.SplitStreams',
        backbones=dict(
            rgb=_base_.model.backbone,
            flow=dict(_base_.model.backbone, in_channels=2),
        ),
        channels=dict(rgb=3, flow=2),
    ),
    cls_head=dict(
        _delete_=True,
        type='ukd_bench.LateFusionHead',
        heads=dict(rgb=_base_.model.cls_head, flow=_base_.model.cls_head),
    ),
    data_preprocessor=dict(streams=[dict(type='Identity'), dict(type='OpticalFlow')]),
)

# The pipelines of plain training with one step more, after the video is opened.
train_pipeline = [_base_.train_pipeline[0], flow, *_base_.train_pipeline[1:]]
test_pipeline = [_base_.test_pipeline[0], flow, *_base_.test_pipeline[1:]]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))

# The rate that did best on other DarkRooms.
learning_rate = 8e-3
optim_wrapper = dict(optimizer=dict(lr=learning_rate))
param_scheduler = [dict(_base_.param_scheduler[0], eta_max=learning_rate)]

_base_ = '../plain/timesformer-b16_arid.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='ukd_bench.TwoStreamBackbone',
        backbone={{_base_.model.backbone}},
    ),
    cls_head=dict(in_channels=1536),
    data_preprocessor=dict(streams=[dict(type='Identity'), dict(type='Gamma', gamma=1.8)]),
)

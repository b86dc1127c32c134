_base_ = '../plain/r2plus1d-r18-w8_darkroom-quick.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='ukd_bench.TwoStreamBackbone',
        backbone={{_base_.model.backbone}},
    ),
    cls_head=dict(in_channels=128),
    data_preprocessor=dict(streams=[dict(type='Identity'), dict(type='Gamma', gamma=1.8)]),
)

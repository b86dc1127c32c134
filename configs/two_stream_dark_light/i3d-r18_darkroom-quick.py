_base_ = '../plain/i3d-r18_darkroom-quick.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='ukd_bench.TwoStreamBackbone',
        backbone={{_base_.model.backbone}},
        own_norms=True,
    ),
    cls_head=dict(in_channels=1024),
    data_preprocessor=dict(streams=[dict(type='Identity'), dict(type='Gamma', gamma=1.8)]),
)

# An eighth of the narrow network's rate.
learning_rate = 1.25e-4
optim_wrapper = dict(optimizer=dict(lr=learning_rate))
param_scheduler = [dict(_base_.param_scheduler[0], eta_max=learning_rate)]

"""irCSN-50 (Tran et al., ICCV 2019) of MMAction2, here to hold predictions of memory to."""

_base_ = [
    '../../_base_/default_runtime.py',
    '../../_base_/datasets/arid_8x224.py',
    '../../_base_/schedules/arid_sgd.py',
]

model = dict(
    type='Recognizer3D',
    backbone=dict(
        type='ResNet3dCSN',
        depth=50,
        pretrained=None,
        pretrained2d=False,
        with_pool2=False,
        bottleneck_mode='ir',
        norm_eval=False,
        zero_init_residual=False,
    ),
    cls_head=dict(
        type='I3DHead',
        num_classes=11,
        in_channels=2048,
        spatial_type='avg',
        dropout_ratio=0.5,
        average_clips='prob',
    ),
    data_preprocessor=dict(
        type='ukd_bench.LowLightPreprocessor',
        streams=[dict(type='Identity')],
        format_shape='NCTHW',
    ),
)

custom_hooks = [dict(type='ukd_bench.ReplayHook', view_seed=0)]

"""R(2+1)D-18 (Tran et al., CVPR 2018) at an eighth of its width.

The first layer halves the frames, which makes a step half as long.
"""

model = dict(
    type='Recognizer3D',
    backbone=dict(
        type='ResNet2Plus1d',
        depth=18,
        base_channels=8,
        pretrained=None,
        pretrained2d=False,
        norm_eval=False,
        conv_cfg=dict(type='Conv2plus1d'),
        norm_cfg=dict(type='BN3d', requires_grad=True, eps=1e-3),
        conv1_kernel=(3, 7, 7),
        conv1_stride_t=2,
        pool1_stride_t=1,
        inflate=(1, 1, 1, 1),
        spatial_strides=(1, 2, 2, 2),
        temporal_strides=(1, 2, 2, 2),
        zero_init_residual=False,
    ),
    cls_head=dict(
        type='I3DHead',
        num_classes=11,
        in_channels=64,
        spatial_type='avg',
        dropout_ratio=0.0,
        average_clips='prob',
    ),
    data_preprocessor=dict(
        type='ukd_bench.LowLightPreprocessor',
        streams=[dict(type='Identity')],
        format_shape='NCTHW',
    ),
)

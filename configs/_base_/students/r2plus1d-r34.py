"""R(2+1)D-34 (Tran et al., CVPR 2018), from MMAction2's weights for Kinetics-400, 32x2."""

model = dict(
    type='Recognizer3D',
    backbone=dict(
        type='ukd_bench.PretrainedBackbone',
        checkpoint='https://download.openmmlab.com/mmaction/v1.0/recognition/r2plus1d/'
        'r2plus1d_r34_8xb8-32x2x1-180e_kinetics400-rgb/'
        'r2plus1d_r34_8xb8-32x2x1-180e_kinetics400-rgb_20220812-4270588c.pth',
        backbone=dict(
            type='ResNet2Plus1d',
            depth=34,
            pretrained=None,
            pretrained2d=False,
            norm_eval=False,
            conv_cfg=dict(type='Conv2plus1d'),
            # MMAction2's is synchronised among processes; within one the two are the same.
            norm_cfg=dict(type='BN3d', requires_grad=True, eps=1e-3),
            conv1_kernel=(3, 7, 7),
            conv1_stride_t=1,
            pool1_stride_t=1,
            inflate=(1, 1, 1, 1),
            spatial_strides=(1, 2, 2, 2),
            temporal_strides=(1, 2, 2, 2),
            zero_init_residual=False,
        ),
    ),
    cls_head=dict(
        type='I3DHead',
        num_classes=11,
        in_channels=512,
        spatial_type='avg',
        dropout_ratio=0.5,
        average_clips='prob',
    ),
    data_preprocessor=dict(
        type='ukd_bench.LowLightPreprocessor',
        streams=[dict(type='Identity')],
        # What its initial weights were trained with.
        normalization=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
        format_shape='NCTHW',
    ),
)

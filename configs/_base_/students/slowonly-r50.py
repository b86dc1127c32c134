"""SlowOnly-50 (Feichtenhofer et al., ICCV 2019), from MMAction2's weights for Kinetics-400, 8x8."""

model = dict(
    type='Recognizer3D',
    backbone=dict(
        type='ukd_bench.PretrainedBackbone',
        checkpoint='https://download.openmmlab.com/mmaction/v1.0/recognition/slowonly/'
        'slowonly_imagenet-pretrained-r50_8xb16-8x8x1-steplr-150e_kinetics400-rgb/'
        'slowonly_imagenet-pretrained-r50_8xb16-8x8x1-steplr-150e_kinetics400-rgb_'
        '20220901-df42dc84.pth',
        backbone=dict(
            type='ResNet3dSlowOnly',
            depth=50,
            pretrained=None,
            pretrained2d=False,
            lateral=False,
            conv1_kernel=(1, 7, 7),
            conv1_stride_t=1,
            pool1_stride_t=1,
            inflate=(0, 0, 1, 1),
            norm_eval=False,
        ),
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
        # What its initial weights were trained with.
        normalization=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
        format_shape='NCTHW',
    ),
)

"""TSM-50 (Lin et al., ICCV 2019), from MMAction2's weights for Kinetics-400, 1x1x8."""

model = dict(
    type='Recognizer2D',
    backbone=dict(
        type='ukd_bench.PretrainedBackbone',
        checkpoint='https://download.openmmlab.com/mmaction/v1.0/recognition/tsm/'
        'tsm_imagenet-pretrained-r50_8xb16-1x1x8-50e_kinetics400-rgb/'
        'tsm_imagenet-pretrained-r50_8xb16-1x1x8-50e_kinetics400-rgb_20220831-64d69186.pth',
        # It shifts among 8 frames: the clip length of its data set.
        backbone=dict(
            type='ResNetTSM',
            depth=50,
            pretrained=None,
            norm_eval=False,
            num_segments=8,
            shift_div=8,
        ),
    ),
    cls_head=dict(
        type='TSMHead',
        num_classes=11,
        in_channels=2048,
        num_segments=8,
        spatial_type='avg',
        consensus=dict(type='AvgConsensus', dim=1),
        dropout_ratio=0.5,
        init_std=0.001,
        is_shift=True,
        average_clips='prob',
    ),
    data_preprocessor=dict(
        type='ukd_bench.LowLightPreprocessor',
        streams=[dict(type='Identity')],
        # What its initial weights were trained with.
        normalization=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
        format_shape='NCHW',
    ),
)

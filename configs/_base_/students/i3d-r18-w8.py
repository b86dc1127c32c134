"""I3D (Carreira and Zisserman, CVPR 2017) on ResNet-18 at an eighth of its width."""

model = dict(
    type='Recognizer3D',
    backbone=dict(
        type='ResNet3d',
        depth=18,
        base_channels=8,
        pretrained=None,
        pretrained2d=False,
        norm_eval=False,
        conv1_kernel=(1, 7, 7),
        conv1_stride_t=1,
        pool1_stride_t=1,
        inflate=(1, 1, 1, 1),
        inflate_style='3x1x1',
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

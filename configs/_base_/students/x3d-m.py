"""X3D-M (Feichtenhofer, CVPR 2020), from the authors' weights for Kinetics-400, 16x5."""

model = dict(
    type='Recognizer3D',
    backbone=dict(
        type='ukd_bench.PretrainedBackbone',
        checkpoint='https://download.openmmlab.com/mmaction/v1.0/recognition/x3d/facebook/'
        'x3d_m_16x5x1_facebook-kinetics400-rgb_20201027-3f42382a.pth',
        backbone=dict(type='X3D', gamma_w=1, gamma_b=2.25, gamma_d=2.2),
    ),
    cls_head=dict(
        type='X3DHead',
        num_classes=11,
        in_channels=432,
        spatial_type='avg',
        dropout_ratio=0.5,
        fc1_bias=False,
        average_clips='prob',
    ),
    data_preprocessor=dict(
        type='ukd_bench.LowLightPreprocessor',
        streams=[dict(type='Identity')],
        # What its initial weights were trained with.
        normalization=dict(mean=[114.75, 114.75, 114.75], std=[57.38, 57.38, 57.38]),
        format_shape='NCTHW',
    ),
)

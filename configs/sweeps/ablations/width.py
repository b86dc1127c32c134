"""Does it depend on how wide the student is? From scratch, since weights are of one width."""

_base_ = './common.py'

name = 'ablation-width'
full_epochs = 40
students = [dict(name='i3d-r18-w8', epochs=40)]
teacher_epochs = 40
regimes = [
    dict(
        name=f'width-{width}',
        start='scratch',
        normalization='clip',
        cfg_options={
            'model.backbone.base_channels': width,
            'model.cls_head.in_channels': 8 * width,
        },
    )
    for width in (4, 8, 16)
]
seeds = [0, 1, 2]

"""How strong is a two-stream network of dark and light, by what its streams share?

Streams share the backbone and its normalisation layers, the backbone alone, or nothing. Each form
has two learning rates, so that none is a straw man.
"""

_base_ = './common.py'

name = 'ablation-two-stream'
_start = _base_._pretrained

_rgb = dict(
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
)
_head = dict(
    type='I3DHead',
    num_classes=11,
    in_channels=64,
    spatial_type='avg',
    dropout_ratio=0.0,
    average_clips='prob',
)
_forms = {
    'shared': {'model.backbone.own_norms': False},
    'own-norms': {'model.backbone.own_norms': True},
    'two-backbones': {
        'model.backbone': dict(
            _delete_=True,
            type='ukd_bench.SplitStreams',
            backbones=dict(dark=_rgb, light=_rgb),
            channels=dict(dark=3, light=3),
        ),
        'model.cls_head': dict(
            _delete_=True,
            type='ukd_bench.LateFusionHead',
            heads=dict(dark=_head, light=_head),
        ),
    },
}
regimes = [
    dict(
        name=f'{name}-lr{rate:g}',
        **_start,
        method_cfg_options=dict(
            two_stream_dark_light={
                **options,
                'optim_wrapper.optimizer.lr': rate,
                'param_scheduler.0.eta_max': rate,
            }
        ),
    )
    for name, options in _forms.items()
    for rate in (1e-3, 4e-3)
]
methods = ['plain', 'ukd', 'two_stream_dark_light', 'teacher', 'ensemble']

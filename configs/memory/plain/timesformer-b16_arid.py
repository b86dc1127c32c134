"""TimeSformer-B/16, divided attention (Bertasius et al., ICML 2021), of MMAction2.

It is here to hold predictions of memory to. Its clips are of 64 x 64, so that a step of several
networks fits any machine: train and test it with 8 such frames.
"""

_base_ = [
    '../../_base_/default_runtime.py',
    '../../_base_/datasets/arid_8x224.py',
    '../../_base_/schedules/arid_adamw.py',
]

model = dict(
    type='Recognizer3D',
    backbone=dict(
        type='TimeSformer',
        pretrained=None,
        num_frames=8,
        img_size=64,
        patch_size=16,
        embed_dims=768,
        in_channels=3,
        dropout_ratio=0.0,
        transformer_layers=None,
        attention_type='divided_space_time',
        norm_cfg=dict(type='LN', eps=1e-6),
    ),
    cls_head=dict(type='TimeSformerHead', num_classes=11, in_channels=768, average_clips='prob'),
    data_preprocessor=dict(
        type='ukd_bench.LowLightPreprocessor',
        streams=[dict(type='Identity')],
        format_shape='NCTHW',
    ),
)

custom_hooks = [dict(type='ukd_bench.ReplayHook', view_seed=0)]

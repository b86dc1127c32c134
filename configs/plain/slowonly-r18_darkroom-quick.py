_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/darkroom_quick.py',
    '../_base_/schedules/one_cycle.py',
    '../_base_/students/slowonly-r18-w8.py',
]

# Full width, and so an eighth of the narrow network's rate.
model = dict(backbone=dict(base_channels=64), cls_head=dict(in_channels=512))
learning_rate = 5e-4
optim_wrapper = dict(optimizer=dict(lr=learning_rate))
param_scheduler = [dict(_base_.param_scheduler[0], eta_max=learning_rate)]
custom_hooks = [
    dict(type='ukd_bench.ReplayHook', view_seed=0),
    dict(type='ukd_bench.ChannelsLastHook'),
]

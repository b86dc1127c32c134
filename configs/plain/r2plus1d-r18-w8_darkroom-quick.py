_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/darkroom_quick.py',
    '../_base_/schedules/one_cycle.py',
    '../_base_/students/r2plus1d-r18-w8.py',
]

custom_hooks = [
    dict(type='ukd_bench.ReplayHook', view_seed=0),
    dict(type='ukd_bench.ChannelsLastHook'),
]

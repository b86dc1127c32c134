_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/arid_8x224.py',
    '../_base_/schedules/arid_sgd.py',
    '../_base_/students/tsm-r50.py',
]

custom_hooks = [dict(type='ukd_bench.ReplayHook', view_seed=0)]

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/arid_16x224.py',
    '../_base_/schedules/arid_sgd.py',
    '../_base_/students/x3d-m.py',
]

custom_hooks = [dict(type='ukd_bench.ReplayHook', view_seed=0)]

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/arid_32x112.py',
    '../_base_/schedules/arid_adamw.py',
    '../_base_/students/r2plus1d-r34.py',
]

custom_hooks = [dict(type='ukd_bench.ReplayHook', view_seed=0)]

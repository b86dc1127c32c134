_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/arid_32x224.py',
    '../_base_/schedules/arid_adamw.py',
    '../_base_/students/swin-t.py',
]

custom_hooks = [dict(type='ukd_bench.ReplayHook', view_seed=0)]

# Two batches of 8 a step: 16 clips of its size are more than most devices hold.
train_dataloader = dict(batch_size=8)
optim_wrapper = dict(accumulative_counts=2)

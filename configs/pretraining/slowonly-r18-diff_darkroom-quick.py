_base_ = '../plain/slowonly-r18_darkroom-quick.py'

# From scratch, on clips that nothing else is trained on, and by views that nothing else has.
max_epochs = 7
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [dict(_base_.param_scheduler[0], total_steps=max_epochs)]
data_root = 'data/darkroom-bright'
train_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = dict(dataset=dict(data_root=data_root))
custom_hooks = [
    dict(type='ukd_bench.ReplayHook', view_seed=2),
    dict(type='ukd_bench.ChannelsLastHook'),
]

model = dict(data_preprocessor=dict(streams=[dict(type='FrameDifference')]))

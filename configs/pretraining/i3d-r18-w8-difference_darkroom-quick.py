_base_ = '../plain/i3d-r18-w8_darkroom-quick.py'

# Trained for longer than what starts from it; nothing that is compared has views of this seed.
custom_hooks = [
    dict(type='ukd_bench.ReplayHook', view_seed=2),
    dict(type='ukd_bench.ChannelsLastHook'),
]

model = dict(data_preprocessor=dict(streams=[dict(type='FrameDifference')]))

_base_ = '../plain/i3d-r18_darkroom-quick.py'

model = dict(data_preprocessor=dict(streams=[dict(type='Gamma', gamma=4.0)]))
# Not the students' views: a teacher would be surer of those that it was trained on.
custom_hooks = [
    dict(type='ukd_bench.ReplayHook', view_seed=1),
    dict(type='ukd_bench.ChannelsLastHook'),
]

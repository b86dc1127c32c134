_base_ = '../plain/slowonly-r18_darkroom-quick.py'

model = dict(data_preprocessor=dict(streams=[dict(type='FrameDifference', gamma=2.5)]))
# Not the students' views: a teacher would be surer of those that it was trained on.
custom_hooks = [
    dict(type='ukd_bench.ReplayHook', view_seed=1),
    dict(type='ukd_bench.ChannelsLastHook'),
]

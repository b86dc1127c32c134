_base_ = '../plain/swin-t_arid.py'

model = dict(data_preprocessor=dict(streams=[dict(type='LIME', gamma=0.7)]))
# Not the students' views: a teacher would be surer of those that it was trained on.
custom_hooks = [dict(type='ukd_bench.ReplayHook', view_seed=1)]

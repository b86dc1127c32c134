_base_ = '../plain/x3d-m_arid.py'

model = dict(data_preprocessor=dict(streams=[dict(type='CLAHE', clip_limit=4.0, grid=4)]))
# Not the students' views: a teacher would be surer of those that it was trained on.
custom_hooks = [dict(type='ukd_bench.ReplayHook', view_seed=1)]

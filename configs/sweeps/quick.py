"""The whole comparison at a size that two CPU cores carry: what ``tox -e reproduce`` runs."""

name = 'quick'
dataset = dict(name='darkroom-quick', darkroom=dict(preset='quick', seed=0), split=1)

# Both students train on one rendering, so one bank serves both.
students = [
    dict(name='i3d-r18-w8', epochs=16),
    # A shorter schedule, so that the whole sweep stays within its time; tables mark it.
    dict(name='slowonly-r18-w8', epochs=12),
]
full_epochs = 16
teacher_epochs = 24

# In pool order: K teachers are the first K.
teachers = [
    dict(name='i3d-gamma1.8', student='i3d-r18-w8', seed=101),
    dict(name='slowonly-gamma2.5', student='slowonly-r18-w8', seed=102),
    dict(name='i3d-identity', student='i3d-r18-w8', seed=103),
    dict(name='slowonly-gamma4', student='slowonly-r18-w8', seed=104),
]

methods = [
    'plain',
    'label_smoothing',
    'ukd',
    'naive',
    'two_stream_dark_light',
    'two_stream_rgb_flow',
    'teacher',
    'ensemble',
]
num_teachers = [1, 2, 4]
seeds = [0]

# Configs of the runs, below the folder of configs.
student_config = '{method}/{student}_darkroom-quick.py'
teacher_config = 'teachers/{teacher}_darkroom-quick.py'

# One seed for the views of all students, because they share banks; teachers train on others.
view_seed = 0
teacher_view_seed = 1

threads = 1

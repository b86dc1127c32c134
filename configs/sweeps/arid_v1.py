"""ARID v1.0 at paper scale, split 1: for a GPU, and the videos on disk."""

name = 'arid-v1'
dataset = dict(name='arid-v1', split=1, edition='v1.0')

# Clip lengths and sizes differ; the views do not, so one bank serves all.
students = [
    dict(name='r2plus1d-r34', epochs=50),
    dict(name='slowonly-r50', epochs=50),
    dict(name='tsm-r50', epochs=50),
    dict(name='x3d-m', epochs=50),
    dict(name='swin-t', epochs=50),
]
full_epochs = 50
teacher_epochs = 50

# In pool order: K teachers are the first K. They differ in enhancement, backbone and seed.
teachers = [
    dict(name='r2plus1d-r34-gamma1.8', student='r2plus1d-r34', seed=101),
    dict(name='slowonly-r50-gamma2.5', student='slowonly-r50', seed=102),
    dict(name='x3d-m-clahe', student='x3d-m', seed=103),
    dict(name='tsm-r50-difference', student='tsm-r50', seed=104),
    dict(name='swin-t-lime', student='swin-t', seed=105),
]

methods = [
    'plain',
    'label_smoothing',
    'plain_long',
    'self',
    'shuffled',
    'ukd',
    'naive',
    'two_stream_dark_light',
    'teacher',
    'ensemble',
]
num_teachers = [1, 2, 5]
seeds = [0, 1, 2]

# Backbones start from published weights for Kinetics-400 and normalise clips by the numbers that
# these were trained with, as the students' configs say. A second regime with normalization='clip'
# undoes most of the darkness.
regimes = [dict(name='kinetics', start='config', normalization='config')]

# Configs of the runs, below the folder of configs.
student_config = '{method}/{student}_arid.py'
teacher_config = 'teachers/{teacher}_arid.py'

# One seed for the views of all students, because they share banks; teachers train on others.
view_seed = 0
teacher_view_seed = 1

threads = 1

# On a cluster: a core for the training, and one for each process that loads clips. Say `time`, the
# limit of one run, on the command line.
slurm = dict(cpus=9)

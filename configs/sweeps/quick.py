"""The whole comparison at a size that two CPU cores carry: what ``tox -e reproduce`` runs.

Learning rates, weights, temperatures and the form of each baseline were chosen on other DarkRooms,
with as many trials for each method: see ``tuning/room_a.py``.
"""

name = 'quick'
dataset = dict(
    name='darkroom-quick', darkroom=dict(preset='quick', seed=0, test_groups=24), split=1
)

students = [dict(name='i3d-r18-w8', epochs=6)]
full_epochs = 6
# Longer than a student, so that each of them knows more than it.
teacher_epochs = 12

# In pool order: K teachers are the first K. They differ in enhancement, modality and backbone.
teachers = [
    dict(name='i3d-gamma2.5', student='i3d-r18-w8', seed=101),
    dict(name='slowonly-difference', student='slowonly-r18-w8', seed=102),
    dict(name='i3d-gamma4', student='i3d-r18-w8', seed=103),
    dict(name='i3d-difference', student='i3d-r18-w8', seed=104),
]

# Networks start from a well-lit DarkRoom of other scenes, as those of the field do from Kinetics,
# and normalise clips by its numbers (`ukd-bench data pixels data/darkroom-bright`), so that the
# dark is dark to them.
_from_bright = dict(
    start=dict(
        dataset=dict(
            name='darkroom-bright',
            darkroom=dict(preset='quick', seed=901, train_groups=24, test_groups=4, bright=True),
        ),
        config='pretraining/{student}-{modality}_darkroom-quick.py',
        seed=901,
    ),
    normalization=dict(mean=[81.0, 77.3, 76.6], std=[42.7, 40.8, 38.9]),
)
regimes = [
    dict(name='pretrained', **_from_bright),
    # The same with wrong labels, of which the teachers know nothing: distillation has to help here.
    dict(name='noisy-labels', **_from_bright, label_noise=0.4, purpose='control', num_teachers=[4]),
]

_compared = dict(regimes=['pretrained'])
methods = [
    'plain',
    'ukd',
    dict(name='shuffled_across', regimes=['noisy-labels']),
    dict(name='label_smoothing', **_compared),
    # Its student is that of `ukd`, bit for bit: one seed shows its memory, its time, and that.
    dict(name='naive', seeds=[0], **_compared),
    dict(name='two_stream_dark_light', **_compared),
    dict(name='two_stream_rgb_flow', **_compared),
    dict(name='teacher', **_compared),
    dict(name='ensemble', **_compared),
]
num_teachers = [1, 2, 4]
seeds = [0, 1, 2, 3, 4]

# Configs of the runs, below the folder of configs.
student_config = '{method}/{student}_darkroom-quick.py'
teacher_config = 'teachers/{teacher}_darkroom-quick.py'

# One seed for the views of all students, because they share banks; teachers train on others.
view_seed = 0
teacher_view_seed = 1

threads = 1

"""What the ablations share: one room, one network, one pool, and the schedule of the reference.

Each of them changes one thing. The room is that of neither the quick sweep nor the reference, so
that what is found here can be confirmed there.
"""

name = 'ablation-common'
dataset = dict(
    name='darkroom-ablations', darkroom=dict(preset='quick', seed=13, test_groups=48), split=1
)

students = [dict(name='i3d-r18-w8', epochs=12)]
full_epochs = 12
teacher_epochs = 24
# The first four of the reference's first pool.
teachers = [
    dict(name='i3d-gamma2.5', student='i3d-r18-w8', seed=101),
    dict(name='slowonly-difference', student='slowonly-r18-w8', seed=102),
    dict(name='i3d-gamma4', student='i3d-r18-w8', seed=103),
    dict(name='i3d-difference', student='i3d-r18-w8', seed=104),
]

_bright = dict(
    dataset=dict(
        name='darkroom-bright',
        darkroom=dict(preset='quick', seed=901, train_groups=24, test_groups=4, bright=True),
    ),
    config='pretraining/{student}-{modality}_darkroom-quick.py',
    seed=901,
)
# The numbers of the bright videos, by which the dark stays dark.
_fixed = dict(mean=[81.0, 77.3, 76.6], std=[42.7, 40.8, 38.9])
_pretrained = dict(start=_bright, normalization=_fixed)

regimes = [dict(name='pretrained', **_pretrained)]
methods = ['plain', 'ukd', 'teacher', 'ensemble']
num_teachers = [4]
seeds = [0, 1, 2, 3, 4]

student_config = '{method}/{student}_darkroom-quick.py'
teacher_config = 'teachers/{teacher}_darkroom-quick.py'
view_seed = 0
teacher_view_seed = 1
threads = 1

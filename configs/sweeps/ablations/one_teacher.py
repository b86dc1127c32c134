"""Is a gain of the reference found in another room? Clips normalised one by one, few teachers.

In one cell of the reference a student with teachers was better than plain training and label
smoothing, by their intervals: I3D, one teacher, this normalisation. Nobody had foretold it.
"""

_base_ = './common.py'

name = 'ablation-one-teacher'
regimes = [
    dict(
        name=f'teachers-{number}',
        start=_base_._bright,
        normalization='clip',
        num_teachers=[number],
    )
    for number in (1, 2, 4)
]
methods = ['plain', 'label_smoothing', 'ukd', 'teacher', 'ensemble']
num_teachers = [1, 2, 4]
seeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

"""Networks of full width on the reference's videos, for a GPU.

What the reference compares in its regime `pretrained`, with networks that are eight times as wide.
Give several runs to each GPU, as such networks leave a large one idle:
``ukd-bench sweep darkroom_wide --device cuda --runs-per-gpu 8``.
"""

_base_ = 'darkroom.py'

name = 'darkroom-wide'
students = [dict(name='i3d-r18', epochs=12)]

teachers = [
    dict(name='i3d-r18-gamma2.5', student='i3d-r18', seed=101),
    dict(name='slowonly-r18-difference', student='slowonly-r18', seed=102),
    dict(name='i3d-r18-gamma4', student='i3d-r18', seed=103),
    dict(name='i3d-r18-difference', student='i3d-r18', seed=104),
]
regimes = [
    dict(
        name='pretrained',
        start=_base_.regimes[0].start,
        normalization=_base_.regimes[0].normalization,
    )
]

_first = dict(seeds=[0])
methods = [
    'plain',
    'label_smoothing',
    'ukd',
    dict(name='naive', **_first),
    dict(name='naive_graph', **_first),
    dict(name='swap', **_first),
    'two_stream_dark_light',
    'teacher',
    'ensemble',
]
num_teachers = [1, 4]
seeds = [0, 1, 2, 3, 4]

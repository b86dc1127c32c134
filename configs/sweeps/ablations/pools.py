"""Which differences among three teachers matter? Seed, enhancement, backbone, modality."""

_base_ = './common.py'

name = 'ablation-pools'
_start = _base_._pretrained

teachers = [
    dict(name='i3d-gamma2.5', student='i3d-r18-w8', seed=101),
    dict(name='i3d-gamma2.5-s111', student='i3d-r18-w8', seed=111, config='i3d-gamma2.5'),
    dict(name='i3d-gamma2.5-s121', student='i3d-r18-w8', seed=121, config='i3d-gamma2.5'),
    dict(name='i3d-gamma4', student='i3d-r18-w8', seed=103),
    dict(name='i3d-equalized', student='i3d-r18-w8', seed=107),
    dict(name='slowonly-gamma2.5', student='slowonly-r18-w8', seed=201),
    dict(name='r2plus1d-gamma2.5', student='r2plus1d-r18-w8', seed=105),
    dict(name='i3d-difference', student='i3d-r18-w8', seed=104),
    dict(name='i3d-flow', student='i3d-r18-w8', seed=109),
]
num_teachers = [3]
regimes = [
    dict(name=name, **_start, teachers=['i3d-gamma2.5', *others])
    for name, others in (
        ('seed', ['i3d-gamma2.5-s111', 'i3d-gamma2.5-s121']),
        ('enhancement', ['i3d-gamma4', 'i3d-equalized']),
        ('backbone', ['slowonly-gamma2.5', 'r2plus1d-gamma2.5']),
        ('modality', ['i3d-difference', 'i3d-flow']),
    )
]

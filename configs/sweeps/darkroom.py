"""The reference: all methods and controls, in four regimes, with two pools and three networks.

It is for hours, not for minutes: two cores take about six. Where a comparison is made at fewer
points, the method's dict says at which, and a comment why.
"""

name = 'darkroom'
dataset = dict(
    name='darkroom-reference', darkroom=dict(preset='quick', seed=31, test_groups=48), split=1
)

students = [
    dict(name='i3d-r18-w8', epochs=12),
    dict(name='slowonly-r18-w8', epochs=12),
    dict(name='r2plus1d-r18-w8', epochs=12),
]
full_epochs = 12
# As long as it takes them to fit their clips, and twice as long as a student.
teacher_epochs = 24

# Two pools that have no teacher in common. In each, K teachers are the first K.
_pool_a = [
    dict(name='i3d-gamma2.5', student='i3d-r18-w8', seed=101),
    dict(name='slowonly-difference', student='slowonly-r18-w8', seed=102),
    dict(name='i3d-gamma4', student='i3d-r18-w8', seed=103),
    dict(name='i3d-difference', student='i3d-r18-w8', seed=104),
    dict(name='r2plus1d-gamma2.5', student='r2plus1d-r18-w8', seed=105),
    dict(name='slowonly-gamma4', student='slowonly-r18-w8', seed=106),
    dict(name='i3d-equalized', student='i3d-r18-w8', seed=107),
    dict(name='r2plus1d-difference', student='r2plus1d-r18-w8', seed=108),
]
_pool_b = [
    dict(name='slowonly-gamma2.5', student='slowonly-r18-w8', seed=201),
    dict(name='i3d-difference-gamma2.5', student='i3d-r18-w8', seed=202),
    dict(name='r2plus1d-gamma4', student='r2plus1d-r18-w8', seed=203),
    dict(name='slowonly-equalized', student='slowonly-r18-w8', seed=204),
    dict(name='i3d-gamma1.8', student='i3d-r18-w8', seed=205),
    dict(name='i3d-lime', student='i3d-r18-w8', seed=206),
    dict(name='slowonly-difference-dark', student='slowonly-r18-w8', seed=207),
    dict(name='r2plus1d-gamma1.8', student='r2plus1d-r18-w8', seed=208),
]
teachers = [*_pool_a, *_pool_b]
_a, _b = ([teacher['name'] for teacher in pool] for pool in (_pool_a, _pool_b))

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
_pretrained = dict(start=_bright, normalization=_fixed, teachers=_a)
_scratch = dict(start='scratch', normalization='clip', epochs=40, teacher_epochs=40, teachers=_a)


def _rates(**by_method):
    """Options that give each method's students a learning rate of its own."""
    return {
        method: {'optim_wrapper.optimizer.lr': rate, 'param_scheduler.0.eta_max': rate}
        for method, rate in by_method.items()
    }

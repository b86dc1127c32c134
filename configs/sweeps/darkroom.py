"""The reference: all methods and controls, in seven regimes, with two pools and three networks.

It is for hours, not for minutes: two cores take about three. Where a comparison is made at fewer
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


def _rate(value):
    """Options that set a learning rate."""
    return {'optim_wrapper.optimizer.lr': value, 'param_scheduler.0.eta_max': value}


def _options(**rates):
    """What did best on the tuning rooms, for students of all networks: see docs/tuning.md."""
    options = {method: _rate(rate) for method, rate in rates.items()}
    options['label_smoothing']['model.cls_head.label_smooth_eps'] = 0.3
    options['two_stream_dark_light']['model.backbone.own_norms'] = True
    return options


_short = dict(
    start=_bright,
    teachers=_a,
    method_cfg_options=_options(
        label_smoothing=2e-3, two_stream_dark_light=1e-3, two_stream_rgb_flow=8e-3
    ),
)
_long = dict(
    start='scratch',
    epochs=40,
    teacher_epochs=40,
    teachers=_a,
    cfg_options=_rate(8e-3),
    method_cfg_options=_options(
        label_smoothing=4e-3, two_stream_dark_light=4e-3, two_stream_rgb_flow=2e-3
    ),
)
_i3d = ['i3d-r18-w8']
# What the claims ask for, where a regime differs from another in one thing.
_main = ['plain', 'label_smoothing', 'ukd', 'two_stream_dark_light', 'teacher', 'ensemble']
_brief = dict(students=_i3d, methods=_main, num_teachers=[1, 8])

regimes = [
    # R(2+1)D takes half as long again as the others, and is left out of the long schedule.
    dict(name='pretrained', **_short, normalization=_fixed),
    dict(name='scratch', **_long, normalization='clip', students=[*_i3d, 'slowonly-r18-w8']),
    # The same under the other normalisation.
    dict(name='pretrained-clip', **_short, normalization='clip', **_brief),
    dict(name='scratch-fixed', **_long, normalization=_fixed, **_brief),
    # The same with the other pool; students that have no teacher are the same runs.
    dict(name='pretrained-pool-b', **_short | dict(teachers=_b), normalization=_fixed, **_brief),
    dict(name='scratch-pool-b', **_long | dict(teachers=_b), normalization='clip', **_brief),
    # Wrong labels, of which the teachers know nothing: distillation has to help here.
    dict(
        name='noisy-labels',
        **_short,
        normalization=_fixed,
        label_noise=0.4,
        purpose='control',
        students=_i3d,
        methods=['plain', 'label_smoothing', 'ukd', 'shuffled_across'],
        num_teachers=[8],
    ),
]

seeds = [0, 1, 2, 3, 4, 5]
num_teachers = [1, 2, 4, 8]
# Controls and other ways to distil: five seeds of one network, at the largest K where K is not
# what they are about.
_five = dict(seeds=[0, 1, 2, 3, 4], students=_i3d)
_both = dict(**_five, regimes=['pretrained', 'scratch'])
_here = dict(**_five, regimes=['pretrained'])
# Their students are those of `ukd`, bit for bit: one seed shows their memory, their time, and that.
_equal = dict(seeds=[0], students=_i3d, regimes=['pretrained'])
methods = [
    'plain',
    'label_smoothing',
    # With eight teachers it trains for nearly four times as long.
    dict(name='plain_long', num_teachers=[4, 8], **_here),
    # A wider network has no weights of the bright videos to start from.
    dict(name='wide', **_five, regimes=['scratch']),
    dict(name='self', **_both),
    dict(name='shuffled', num_teachers=[8], **_both),
    dict(
        name='shuffled_across',
        num_teachers=[8],
        **_five | dict(regimes=['pretrained', 'noisy-labels']),
    ),
    dict(name='precomputed', num_teachers=[8], **_both),
    'ukd',
    dict(name='naive', **_equal),
    dict(name='naive_graph', **_equal),
    dict(name='swap', **_equal),
    dict(name='random', num_teachers=[2, 8], **_here),
    # Its stage K is K trainings in a row, and K networks learn at once in mutual learning.
    dict(name='chain', num_teachers=[1, 2, 4], **_here),
    dict(name='mutual', num_teachers=[2, 4], **_here),
    'two_stream_dark_light',
    dict(name='two_stream_rgb_flow', **_both),
    'teacher',
    'ensemble',
]

# Configs of the runs, below the folder of configs.
student_config = '{method}/{student}_darkroom-quick.py'
teacher_config = 'teachers/{teacher}_darkroom-quick.py'

# One seed for the views of all students, because they share banks; teachers train on others.
view_seed = 0
teacher_view_seed = 1

threads = 1

"""Learning rates of the reference's long schedule, from scratch: three a method, on a tuning room.

Everything else of the methods' own is what ``room_a.py`` and ``room_b.py`` found best.
"""

_base_ = './room_a.py'

name = 'tuning-scratch'
students = [dict(name='i3d-r18-w8', epochs=40)]
full_epochs = 40
teacher_epochs = 40
methods = [
    'plain',
    'label_smoothing',
    'wide',
    'ukd',
    'two_stream_dark_light',
    'two_stream_rgb_flow',
]

regimes = [
    dict(
        name=f'lr{rate:g}',
        start='scratch',
        normalization='clip',
        cfg_options={'optim_wrapper.optimizer.lr': rate, 'param_scheduler.0.eta_max': rate},
    )
    for rate in (2e-3, 4e-3, 8e-3)
]

"""How the recipe of the quick sweep was chosen: eight trials a method, on its own DarkRoom.

Every method has four learning rates and two values of something of its own. ``room_b.py`` repeats
all on another DarkRoom, and of each method the trial with the best mean over both was taken.
"""

_base_ = '../quick.py'

name = 'tuning-a'
dataset = dict(name='darkroom-tuning-a', darkroom=dict(seed=11))
seeds = [0, 1]
num_teachers = [4]
methods = [
    'plain',
    'label_smoothing',
    'ukd',
    'shuffled_across',
    'two_stream_dark_light',
    'two_stream_rgb_flow',
    'teacher',
]

_start = dict(
    start=_base_.regimes[0].start,
    normalization=_base_.regimes[0].normalization,
)
_own = [
    ('plain', {'optim_wrapper.optimizer.weight_decay': 0.05}),
    ('plain', {'optim_wrapper.optimizer.weight_decay': 0.3}),
    ('label_smoothing', {'model.cls_head.label_smooth_eps': 0.1}),
    ('label_smoothing', {'model.cls_head.label_smooth_eps': 0.3}),
    ('two_stream_dark_light', {'model.backbone.own_norms': False}),
    ('two_stream_dark_light', {'model.backbone.own_norms': True}),
    ('two_stream_rgb_flow', {'model.cls_head.weights': dict(rgb=1.0, flow=1.0)}),
    ('two_stream_rgb_flow', {'model.cls_head.weights': dict(rgb=1.0, flow=2.0)}),
]
_distillations = [dict(weight=0.9, temperature=3.0), dict(weight=0.5, temperature=2.0)]
_rates = [
    (rate, {'optim_wrapper.optimizer.lr': rate, 'param_scheduler.0.eta_max': rate})
    for rate in (1e-3, 2e-3, 4e-3, 8e-3)
]

regimes = [
    # Teachers are those of the quick sweep, trained as the plain student is.
    dict(name='teachers', **_start, methods=['teacher']),
    *(
        dict(
            name=f'{method}-{number % 2 + 1}-{rate:g}',
            **_start,
            methods=[method],
            cfg_options={**values, **of_rate},
        )
        for number, (method, values) in enumerate(_own)
        for rate, of_rate in _rates
    ),
    *(
        dict(
            name=f'{method}-{number + 1}-{rate:g}',
            **_start,
            methods=[method],
            cfg_options=of_rate,
            distillation=distillation,
        )
        for method in ('ukd', 'shuffled_across')
        for number, distillation in enumerate(_distillations)
        for rate, of_rate in _rates
    ),
]

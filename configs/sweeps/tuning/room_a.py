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
    ('plain', 'decay0.05', {'optim_wrapper.optimizer.weight_decay': 0.05}),
    ('plain', 'decay0.3', {'optim_wrapper.optimizer.weight_decay': 0.3}),
    ('label_smoothing', 'eps0.1', {'model.cls_head.label_smooth_eps': 0.1}),
    ('label_smoothing', 'eps0.3', {'model.cls_head.label_smooth_eps': 0.3}),
    ('two_stream_dark_light', 'one_norm', {'model.backbone.own_norms': False}),
    ('two_stream_dark_light', 'own_norms', {'model.backbone.own_norms': True}),
    ('two_stream_rgb_flow', 'even', {'model.cls_head.weights': dict(rgb=1.0, flow=1.0)}),
    ('two_stream_rgb_flow', 'flow_first', {'model.cls_head.weights': dict(rgb=1.0, flow=2.0)}),
]
_distillations = [
    (method, name, values)
    for method in ('ukd', 'shuffled_across')
    for name, values in (
        ('w0.9_T3', dict(weight=0.9, temperature=3.0)),
        ('w0.5_T2', dict(weight=0.5, temperature=2.0)),
    )
]
_rates = [
    (rate, {'optim_wrapper.optimizer.lr': rate, 'param_scheduler.0.eta_max': rate})
    for rate in (1e-3, 2e-3, 4e-3, 8e-3)
]

regimes = [
    # Teachers are those of the quick sweep, trained as the plain student is.
    dict(name='teachers', **_start, methods=['teacher']),
    *(
        dict(
            name=f'{method}-{name}-lr{rate:g}',
            **_start,
            methods=[method],
            cfg_options={**values, **of_rate},
        )
        for method, name, values in _own
        for rate, of_rate in _rates
    ),
    *(
        dict(
            name=f'{method}-{name}-lr{rate:g}',
            **_start,
            methods=[method],
            cfg_options=of_rate,
            distillation=values,
        )
        for method, name, values in _distillations
        for rate, of_rate in _rates
    ),
]

"""From scratch, where the dark stays dark: does a gain over plain training hang on the rate?

In the reference UKD's mean is above that of plain training there, and label smoothing's above both.
Their rates were chosen under the other normalisation.
"""

_base_ = './common.py'

name = 'ablation-rates'
full_epochs = 40
students = [dict(name='i3d-r18-w8', epochs=40)]
teacher_epochs = 40


def _rate(value):
    """Options that set a learning rate."""
    return {'optim_wrapper.optimizer.lr': value, 'param_scheduler.0.eta_max': value}


regimes = [
    dict(
        name=f'rate-{value:g}',
        start='scratch',
        normalization=_base_._fixed,
        cfg_options=_rate(value),
        method_cfg_options=dict(label_smoothing={'model.cls_head.label_smooth_eps': 0.3}),
    )
    for value in (2e-3, 4e-3, 8e-3)
]
methods = ['plain', 'label_smoothing', 'ukd', 'teacher', 'ensemble']

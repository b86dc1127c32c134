"""Learning rates of networks of full width, on the first of the tuning rooms; for a GPU.

Four rates a method, an eighth of those that were tried for the narrow networks.
"""

_base_ = '../darkroom_wide.py'

name = 'tuning-wide'
dataset = dict(name='darkroom-tuning-a', darkroom=dict(seed=11, test_groups=24))
num_teachers = [4]
seeds = [0]
methods = ['plain', 'label_smoothing', 'ukd', 'two_stream_dark_light', 'teacher']


def _regime(number, rate):
    rates = {'optim_wrapper.optimizer.lr': rate, 'param_scheduler.0.eta_max': rate}
    return dict(
        name=f'rate{number}',
        start=_base_.regimes[0].start,
        normalization=_base_.regimes[0].normalization,
        method_cfg_options={
            method: rates for method in ('plain', 'label_smoothing', 'ukd', 'two_stream_dark_light')
        },
    )


regimes = [
    _regime(number, rate) for number, rate in enumerate((1.25e-4, 2.5e-4, 5e-4, 1e-3), start=1)
]

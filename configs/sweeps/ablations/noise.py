"""From how many wrong labels on do teachers that learned from right ones help?"""

_base_ = './common.py'

name = 'ablation-noise'
_start = _base_._pretrained

regimes = [
    dict(name=f'wrong-{100 * share:.0f}', **_start, label_noise=share)
    for share in (0.0, 0.1, 0.2, 0.4, 0.6)
]
methods = ['plain', 'label_smoothing', 'ukd', 'teacher', 'ensemble']

"""Does it depend on the darkness? The bright twin of the other ablations' videos.

Alike but for exposure and noise, under both normalisations.
"""

_base_ = './common.py'

name = 'ablation-darkness-bright'
dataset = dict(name='darkroom-ablations-bright', darkroom=dict(bright=True))
_start = _base_._pretrained

regimes = [
    dict(name='fixed', **_start),
    dict(name='clip', **dict(_start, normalization='clip')),
]
seeds = [0, 1, 2]

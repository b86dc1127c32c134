"""What is it worth that targets are those of the very view, and how many views must there be?

Students see as many views as their banks hold. Precomputed targets are those of the whole clip,
which caches that ignore augmentation have.
"""

_base_ = './common.py'

name = 'ablation-views'
_start = _base_._pretrained

regimes = [dict(name=f'views-{views}', **_start, num_views=views) for views in (1, 2, 5, 12)]
methods = [
    'plain',
    'ukd',
    dict(name='precomputed', regimes=['views-12']),
    'teacher',
    'ensemble',
]

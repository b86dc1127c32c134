"""Does it matter how four teachers become one target? The six rules."""

_base_ = './common.py'

name = 'ablation-rules'
_start = _base_._pretrained

regimes = [
    dict(
        name=rule if isinstance(rule, str) else rule['type'], **_start, distillation=dict(rule=rule)
    )
    for rule in (
        'mean_probability',
        'mean_logit',
        'entropy_weighted',
        'confidence_aware',
        # The teachers of motion, which are the best, count three times as much.
        dict(type='fixed_weights', weights=[1, 3, 1, 3]),
        'aekd',
    )
]

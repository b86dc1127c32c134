"""Does it depend on weight and temperature, or on a weight that decays?"""

_base_ = './common.py'

name = 'ablation-weight'
_start = _base_._pretrained

regimes = [
    *(
        dict(
            name=f'w{weight:g}-T{temperature:g}',
            **_start,
            distillation=dict(weight=weight, temperature=temperature),
        )
        for weight in (0.3, 0.5, 0.7, 0.9, 1.0)
        for temperature in (1.0, 2.0, 4.0, 8.0)
    ),
    *(
        dict(
            name=f'w{first:g}-to-{last:g}-T3',
            **_start,
            distillation=dict(weight=first, final_weight=last, temperature=3.0),
        )
        for first, last in ((0.9, 0.0), (0.5, 0.0), (0.0, 0.9))
    ),
]
seeds = [0, 1, 2]

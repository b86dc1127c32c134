"""Does it depend on how long students learn, and from where? Schedule x initial weights.

Teachers have the same schedule throughout, so that the students' alone changes.
"""

_base_ = './common.py'

name = 'ablation-schedule'
_start = _base_._pretrained

regimes = [
    *(
        dict(name=f'pretrained-{epochs}', **_start, epochs=epochs, teacher_epochs=24)
        for epochs in (3, 6, 12, 24, 48)
    ),
    *(
        dict(
            name=f'scratch-{epochs}',
            start='scratch',
            normalization='clip',
            epochs=epochs,
            teacher_epochs=40,
        )
        for epochs in (10, 20, 40, 80)
    ),
]
seeds = [0, 1, 2]

"""Where it is darkest the means were above plain training: are they so in another room?

With more seeds, and beside label smoothing.
"""

_base_ = './common.py'

name = 'ablation-darker-again'
dataset = dict(
    name='darkroom-darker-again',
    darkroom=dict(seed=14, mean_code=(3.0, 5.0)),
)
methods = ['plain', 'label_smoothing', 'ukd', 'teacher', 'ensemble']
seeds = [0, 1, 2, 3, 4, 5, 6, 7]

"""R(2+1)D-34 on videos of ARID's size, for a few epochs: how fast training is, and how busy a GPU.

It trains from scratch and far too briefly to learn much, so that its accuracies say nothing.
"""

_base_ = 'arid_v1.py'

name = 'full-size'
dataset = dict(
    name='darkroom-full-size',
    darkroom=dict(preset='full', seed=41, train_groups=10, test_groups=1, clips=286),
    split=1,
    edition=None,
)
students = [dict(name='r2plus1d-r34', epochs=5)]
full_epochs = 5
teacher_epochs = 5
teachers = [dict(name='r2plus1d-r34-gamma1.8', student='r2plus1d-r34', seed=101)]
methods = ['plain', 'ukd', 'naive']
num_teachers = [1]
seeds = [0]
regimes = [dict(name='scratch', start='scratch', normalization='config')]

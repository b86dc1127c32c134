"""Does it depend on how many clips there are? 2 times as many as elsewhere, to train on."""

_base_ = './common.py'

name = 'ablation-clips-528'
dataset = dict(name='darkroom-ablations-528', darkroom=dict(train_groups=24))
seeds = [0, 1, 2]

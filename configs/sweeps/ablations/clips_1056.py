"""Does it depend on how many clips there are? 4 times as many as elsewhere, to train on."""

_base_ = './common.py'

name = 'ablation-clips-1056'
dataset = dict(name='darkroom-ablations-1056', darkroom=dict(train_groups=48))
seeds = [0, 1, 2]

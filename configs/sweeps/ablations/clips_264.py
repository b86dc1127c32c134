"""Does it depend on how many clips there are? As many as elsewhere, to train on."""

_base_ = './common.py'

name = 'ablation-clips-264'
seeds = [0, 1, 2]

"""Does it depend on the darkness? The videos of the other ablations, as dark as they are."""

_base_ = './darkness_bright.py'

name = 'ablation-darkness-dark'
dataset = dict(name='darkroom-ablations', darkroom=dict(bright=False))

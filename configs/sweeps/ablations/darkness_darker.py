"""Does it depend on the darkness? Videos with a third of the light."""

_base_ = './darkness_bright.py'

name = 'ablation-darkness-darker'
dataset = dict(name='darkroom-ablations-darker', darkroom=dict(bright=False, mean_code=(3.0, 5.0)))

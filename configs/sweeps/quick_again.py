"""The quick sweep on a DarkRoom that neither it nor its tuning sees: do the verdicts hold there?"""

_base_ = './quick.py'

name = 'quick-again'
dataset = dict(name='darkroom-again', darkroom=dict(seed=21))

"""The trials of ``room_a.py`` on another DarkRoom."""

_base_ = './room_a.py'

name = 'tuning-b'
dataset = dict(name='darkroom-tuning-b', darkroom=dict(seed=12))

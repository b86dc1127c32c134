"""The comparison of ``arid_v1.py`` on ARID v1.5, split 0."""

_base_ = './arid_v1.py'

name = 'arid-v1.5'
dataset = dict(name='arid-v1.5', split=0, edition='v1.5')

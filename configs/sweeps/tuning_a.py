"""How the recipe of the quick sweep was chosen: six trials a method, on a DarkRoom that it never sees.

Each method has three learning rates and two values of what is its own. ``tuning_b.py`` repeats all
on another DarkRoom; of each method the trial with the best mean over both was taken.
"""

_base_ = 'quick.py'

name = 'tuning-a'
dataset = dict(name='darkroom-tuning-a', darkroom=dict(seed=11))

_from_bright = {{_base_._from_bright}}

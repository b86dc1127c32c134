"""Hooks that distil: views that replay, a source of scores, one loss."""

from .hook import DistillationHook
from .naive_hook import NaiveEnsembleHook
from .replay_hook import ReplayHook
from .ukd_hook import UKDHook

__all__ = ['DistillationHook', 'NaiveEnsembleHook', 'ReplayHook', 'UKDHook']

"""Hooks that distil: views that replay, a source of scores, one loss."""

from .bank_hooks import ChainHook, RandomTeacherHook, ShuffledHook, UKDHook
from .distillation_hook import DistillationHook
from .mutual_hook import MutualHook
from .replay_hook import ReplayHook
from .resident_hooks import NaiveEnsembleHook, NaiveGraphHook, SwapHook

__all__ = [
    'ChainHook',
    'DistillationHook',
    'MutualHook',
    'NaiveEnsembleHook',
    'NaiveGraphHook',
    'RandomTeacherHook',
    'ReplayHook',
    'ShuffledHook',
    'SwapHook',
    'UKDHook',
]

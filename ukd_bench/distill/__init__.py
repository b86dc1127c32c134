"""Hooks that distil: views that replay, a source of scores, one loss."""

from .chain_hook import ChainHook
from .hook import DistillationHook
from .mutual_hook import MutualHook
from .naive_graph_hook import NaiveGraphHook
from .naive_hook import NaiveEnsembleHook
from .random_teacher_hook import RandomTeacherHook
from .replay_hook import ReplayHook
from .shuffled_hook import ShuffledHook
from .swap_hook import SwapHook
from .ukd_hook import UKDHook

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

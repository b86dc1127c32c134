"""Hooks that distil: views that replay, a source of scores, one loss."""

from ..files.checkpoints import ResumableHook
from .bank_hooks import (
    ChainHook,
    RandomTeacherHook,
    ShuffledAcrossHook,
    ShuffledHook,
    UKDHook,
)
from .batch import AddressedBatch
from .distillation_hook import DistillationHook
from .losses import DistillationLoss, KLDivergence, build_loss
from .mutual_hook import MutualHook
from .precomputed_hook import PrecomputedHook
from .replay_hook import ReplayHook
from .resident_hooks import NaiveEnsembleHook, NaiveGraphHook, SwapHook

__all__ = [
    'AddressedBatch',
    'ChainHook',
    'DistillationHook',
    'DistillationLoss',
    'KLDivergence',
    'MutualHook',
    'NaiveEnsembleHook',
    'NaiveGraphHook',
    'PrecomputedHook',
    'RandomTeacherHook',
    'ReplayHook',
    'ResumableHook',
    'ShuffledAcrossHook',
    'ShuffledHook',
    'SwapHook',
    'UKDHook',
    'build_loss',
]

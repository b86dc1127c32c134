"""Memory per phase, step time, and scores of a test pass."""

from .measure_hook import MeasureHook
from .prediction import ClipScores

__all__ = ['ClipScores', 'MeasureHook']

"""``ukd-bench data check``: whether a data set is what its edition says, and whole."""

from .check import check
from .report import Count, Finding, Report

__all__ = ['Count', 'Finding', 'Report', 'check']

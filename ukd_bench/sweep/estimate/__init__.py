"""What a sweep will take, before it starts: memory, disk and time of each run and in all.

Peaks are predicted by a process that has torch, sizes follow from the plan and the videos, and
times are those of earlier runs. What cannot be known is None, with a note that says why.
"""

from .lines import lines
from .whole import Estimate, estimate

__all__ = ['Estimate', 'estimate', 'lines']

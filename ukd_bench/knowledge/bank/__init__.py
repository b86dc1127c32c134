"""The knowledge bank: its format, how it is filled, verified and shown.

Reading one needs no torch: ``from ukd_bench.knowledge.bank import Bank``.
"""

from .format import Bank

__all__ = ['Bank']

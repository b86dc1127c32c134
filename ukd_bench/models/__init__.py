"""Networks that MMAction2 does not have."""

from .two_stream import TwoStreamBackbone

__all__ = ['TwoStreamBackbone']

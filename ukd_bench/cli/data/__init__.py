"""The commands of ``ukd-bench data``."""

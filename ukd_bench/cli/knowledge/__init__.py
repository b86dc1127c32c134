"""The commands of ``ukd-bench knowledge``."""

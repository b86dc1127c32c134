"""The commands of ``ukd-bench measure``."""

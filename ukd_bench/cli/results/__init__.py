"""The commands of ``ukd-bench results``."""

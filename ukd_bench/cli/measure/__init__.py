"""The subcommands of ``python -m ukd_bench.measure``, one a module."""

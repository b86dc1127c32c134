"""The subcommands of ``python -m ukd_bench.knowledge``, one a module."""

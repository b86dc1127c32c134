"""The subcommands of ``python -m ukd_bench.data``, one a module with an ``add`` for its parser."""

"""What the driver of NVIDIA's GPUs tells, asked by ``nvidia-smi``."""

import contextlib
import subprocess
from functools import cache

_FORMAT = '--format=csv,noheader,nounits'
_TIMEOUT_S = 20


def ask_driver(*options: str) -> list[list[str]] | None:
    """The cells of each line of an answer; None where there is no such driver, or it fails.

    Args:
        *options: Of ``nvidia-smi``: a query, and of which GPU.
    """
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(
            ['nvidia-smi', *options, _FORMAT],
            capture_output=True, text=True, check=True, timeout=_TIMEOUT_S,
        )  # fmt: skip
        lines = (line for line in told.stdout.splitlines() if line.strip())
        return [[cell.strip() for cell in line.split(',')] for line in lines]
    return None


@cache
def driver_version() -> str | None:
    """Version of the driver; None where there is none."""
    rows = ask_driver('--query-gpu=driver_version')
    return rows[0][0] if rows else None

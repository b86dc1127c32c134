"""Which process carries a run out, told so that another can see whether it still does."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_BOOT = Path('/proc/sys/kernel/random/boot_id')
_ENDED = (b'Z', b'X')


def this_process() -> dict[str, Any]:
    """Host, number and beginning of this process, as a run's state has them."""
    pid = os.getpid()
    return dict(host=socket.gethostname(), pid=pid, born=_born(pid))


def is_gone(told: Mapping[str, Any]) -> bool:
    """Whether a process that :func:`this_process` has told of has certainly come to its end.

    One of another host cannot be seen from here, and counts as alive.
    """
    pid = told.get('pid')
    if told.get('host') != socket.gethostname() or type(pid) is not int or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass
    # The system gives numbers anew.
    return told.get('born') is not None and told['born'] != _born(pid)


def _born(pid: int) -> str | None:
    """When a process began, since which start of the machine; None where that is not told."""
    try:
        # The name of the program, in brackets, may hold anything.
        facts = Path(f'/proc/{pid}/stat').read_bytes().rpartition(b')')[2].split()
        return None if facts[0] in _ENDED else f'{_BOOT.read_text().strip()} {int(facts[19])}'
    except (OSError, IndexError):
        return None

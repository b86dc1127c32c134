"""Which process carries a run out, told so that another can see whether it still does."""

import os
import socket
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ..files.hashes import digest

_BOOT = Path('/proc/sys/kernel/random/boot_id')
_MACHINE = Path('/etc/machine-id')
_NUMBERS = Path('/proc/self/ns/pid')
_ENDED = (b'Z', b'X')


def this_process() -> dict[str, Any]:
    """What tells this process from all others, on this host and elsewhere."""
    pid = os.getpid()
    return dict(
        host=socket.gethostname(), machine=_machine(), pid=pid, numbers=_numbers(), born=_born(pid)
    )


def is_seen(told: Mapping[str, Any]) -> bool:
    """Whether a process that :func:`this_process` has told of can be seen from here while it lives.

    One of another host cannot, be its name the same, nor one in a container that numbers processes
    on its own.
    """
    born = told.get('born')
    return (
        told.get('host') == socket.gethostname()
        and (born is None or _boot_of(born) == _boot())
        and told.get('numbers') in (None, _numbers())
    )


def is_gone(told: Mapping[str, Any]) -> bool:
    """Whether a process that :func:`this_process` has told of has certainly come to its end.

    One that cannot be seen from here counts as alive.
    """
    pid, born, machine = (told.get(name) for name in ('pid', 'born', 'machine'))
    if type(pid) is not int or pid <= 0 or told.get('host') != socket.gethostname():
        return False
    if born is not None and _boot_of(born) != _boot():
        # It is this host where the machine is, which has been started anew since.
        return machine is not None and machine == _machine()
    if not is_seen(told):
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass
    # The system gives numbers anew.
    return born is not None and born != _born(pid)


def _born(pid: int) -> str | None:
    """When a process began, since which start of the machine; None where that is not told."""
    try:
        # The name of the program, in brackets, may hold anything.
        facts = Path(f'/proc/{pid}/stat').read_bytes().rpartition(b')')[2].split()
        return None if facts[0] in _ENDED else f'{_boot()} {int(facts[19])}'
    except (OSError, IndexError):
        return None


def _boot_of(born: Any) -> str:
    return str(born).rpartition(' ')[0]


def _boot() -> str:
    return _BOOT.read_text().strip() if _BOOT.exists() else ''


@cache
def _machine() -> str | None:
    """What tells machines of one name apart; None where the system has given this one nothing.

    The number itself is not for everybody to read.
    """
    try:
        number = _MACHINE.read_text().strip()
    except OSError:
        return None
    return digest(['ukd_bench', number], 12) if number else None


def _numbers() -> str | None:
    """What tells containers apart whose processes have numbers of their own."""
    try:
        return os.readlink(_NUMBERS)
    except OSError:
        return None

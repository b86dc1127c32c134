"""How every command begins and ends: ``ukd-bench``, and each ``python -m ukd_bench.ROOM``.

All else is imported in :func:`_call`, so that an interrupt in the first moments ends in order, too.
"""

import sys
from collections.abc import Callable, Sequence

PROG = 'ukd-bench'


def main(argv: Sequence[str] | None = None) -> int:
    """Runs ``ukd-bench`` and returns its exit status."""
    return _call(PROG, None, argv)


def door(command: str, module: str) -> Callable[..., int]:
    """Entry of ``python -m MODULE``, which is the command of that name by itself."""

    def enter(argv: Sequence[str] | None = None) -> int:
        return _call(f'python -m {module}', command, argv)

    return enter


def _call(prog: str, command: str | None, argv: Sequence[str] | None) -> int:
    """Carries out what the arguments name.

    Returns:
        As :func:`.commands.call`; 130 after an interrupt.
    """
    try:
        import signal

        # Whoever ends a command, by hand, by its process or by closing the terminal, gets the same
        # orderly end. Under `nohup` the last is ignored, and stays so.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if hasattr(signal, 'SIGHUP') and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, signal.default_int_handler)
        from .commands import call

        return call(prog, command, argv)
    except KeyboardInterrupt:
        print('interrupted; what is finished is kept, the same command goes on', file=sys.stderr)
        return 130

"""While a run is carried out, its process counts on in its lease, and ends if it has lost that."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

from ..records.lease import Lease

LOST = 5
"""Exit status of a process that finds its folder taken over."""


@contextlib.contextmanager
def heartbeat(lease: Lease) -> Iterator[None]:
    """Keeps a lease alive for a block, from a thread.

    A process that stood still for long, so that another has taken its folder, ends on the spot when
    it goes on: whatever it wrote from then on would fall into the other's work.

    Args:
        lease: The lease, which this process holds.
    """
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(lease.every_s):
            if not lease.is_held():
                # Where nothing can be said, on a full disk above all, it ends as well.
                with contextlib.suppress(OSError, ValueError):
                    print(
                        f'error: {lease.paths.root}: another process has taken this run over, '
                        'because this one gave no sign of life',
                        file=sys.stderr,
                        flush=True,
                    )
                os._exit(LOST)
            lease.beat()

    thread = threading.Thread(target=beat, name='heartbeat', daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()

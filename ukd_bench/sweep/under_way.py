"""Tells others in a sweep's folder that a sweep carries its runs out, and since when."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import ResultsError
from ..files.atomic import write_json
from ..records.moment import present_moment
from ..records.process import this_process


@contextlib.contextmanager
def under_way(path: Path, jobs: int) -> Iterator[None]:
    """Says in a file that this process carries a sweep out, and after the block that it has ended.

    Args:
        path: The sweep's ``state.json``.
        jobs: Runs at once.

    Raises:
        ResultsError: the file cannot be written.
    """
    told = dict(**this_process(), jobs=jobs, started=present_moment(), finished=None)
    write_json(path, told)
    try:
        yield
    finally:
        # Where the disk is full now, the process that is gone tells as much.
        with contextlib.suppress(ResultsError):
            write_json(path, dict(told, finished=present_moment()))

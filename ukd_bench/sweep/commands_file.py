"""All runs of a sweep made ready at once, and a file that says how to carry them out elsewhere."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ..errors import HeldError
from ..files.atomic import write_text
from .finished import SweepState
from .place import Places, RunFolders
from .queue import Queue
from .schedule import job_of


def write_commands(
    state: SweepState, places: Places, say: Callable[[str], None], sharing: int = 1
) -> int:
    """Makes the folders of all runs ready that are not finished, and writes ``commands.jsonl``.

    A line is a run: its ``command``, the ``variables`` of its environment, and the keys of the runs
    ``after`` whose exit status 0 it may start. Lines of what a run needs come before its own.

    Args:
        state: The plan and its folder, refreshed.
        places: Folders on this machine of what runs read.
        say: Called with a line on each run that another process carries out just now.
        sharing: Runs that come to share a GPU, which their records say.

    Returns:
        The number of runs in the file.
    """
    queue, folders = Queue(state, ahead=True), RunFolders(state, places)
    queue.settle()
    lines: list[dict[str, Any]] = []
    while (run := queue.take()) is not None:
        paths = state.own_folder(run)
        job = job_of(run, paths, queue.parents_under_way(run), state.plan.hosts, sharing)
        try:
            if not folders.prepare(run):
                queue.end(run, '')
                continue
        except HeldError as error:
            # What needs it may start when it has ended, be it by another's hand.
            say(str(error))
        lines.append(asdict(job) | dict(folder=str(job.folder), log=str(job.log)))
    folders.write_pool()
    write_text(state.paths.commands, ''.join(json.dumps(line) + '\n' for line in lines))
    return len(lines)

"""A progress bar for the terminal."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..data.bars import Update

if TYPE_CHECKING:
    from rich.console import Console


@contextlib.contextmanager
def progress_bar(title: str, console: 'Console | None' = None) -> Iterator[Update]:
    """A bar on a terminal, by default on stderr, once there is something to do.

    Yields:
        ``update(done, total)``.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = console or Console(stderr=True)
    bar = Progress(
        TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task(title, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)

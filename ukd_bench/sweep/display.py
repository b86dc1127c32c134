"""Progress of a sweep: live on a terminal, plain lines otherwise."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..errors import ResultsError
from ..files.atomic import read_json
from ..records.folder import RunPaths
from ..records.record import FINAL_STATUSES
from .plan import PlannedRun

_STYLES = {
    'done': 'green',
    'skipped': 'yellow',
    'waits': 'yellow',
    'again': 'yellow',
    'held': 'yellow',
}


class Progress:
    """Tells a person where a sweep stands.

    Args:
        total: Number of runs of the plan.
        console: Console that is written to.
        live: Whether a live display may be on it, where it is a terminal.
    """

    def __init__(self, total: int, console: Console, live: bool = True) -> None:
        self.total = total
        self.console = console
        self.is_live = live and console.is_terminal
        self.settled_count = 0
        self.reused_count = 0
        self._running: dict[str, tuple[PlannedRun, float]] = {}
        self._began = time.monotonic()
        self._live: Live | None = None

    @contextlib.contextmanager
    def showing(self) -> Iterator[None]:
        """Shows the live display while the block runs, where there is to be one."""
        if not self.is_live:
            yield
            return
        with Live(console=self.console, auto_refresh=False, transient=True) as self._live:
            try:
                yield
            finally:
                self._live = None

    def started(self, run: PlannedRun) -> None:
        """Shows that a run has started."""
        self._running[run.spec.key] = (run, time.monotonic())
        if self._live is None:
            self._line('start', run)

    def ended(self, run: PlannedRun, status: str, paths: RunPaths) -> None:
        """Shows how a run ended, and why if it has no result.

        Args:
            run: A run that was shown as started.
            status: How it ended.
            paths: Its folder, which says why it has no result.
        """
        _, began = self._running.pop(run.spec.key)
        self.settled_count += 1
        self._line(status, run, f'{time.monotonic() - began:.0f} s')
        if status not in _STYLES:
            self._why(_reason(paths))

    def settled(self, run: PlannedRun, status: str, paths: RunPaths) -> None:
        """Shows a run that needs no process here: finished, or not to be started any more.

        Args:
            run: A run that was not started.
            status: How it ended.
            paths: Its folder, which says why where it failed.
        """
        self.settled_count += 1
        if status == 'skipped':
            self._line('skipped', run, 'needs a run that failed')
        elif status in FINAL_STATUSES:
            self.reused_count += 1
        else:
            self._line(status, run)
            self._why(_reason(paths))

    def elsewhere(self, run: PlannedRun, why: str) -> None:
        """Shows that a run is waited for that another process carries out."""
        self._line('waits', run)
        self._why(why)

    def put_off(self, run: PlannedRun, note: str) -> None:
        """Shows that a run that was started has come to no end, and is not given up."""
        _, began = self._running.pop(run.spec.key)
        self._line(note, run, f'after {time.monotonic() - began:.0f} s')

    def tick(self) -> None:
        """Refreshes the live display."""
        if self._live is not None:
            self._live.update(self._display(), refresh=True)

    def _line(self, status: str, run: PlannedRun, note: str = '') -> None:
        counter = f'[{self.settled_count:>{len(str(self.total))}}/{self.total}]'
        text = Text.assemble(
            (counter, 'dim'),
            ' ',
            (f'{status:<8}', _STYLES.get(status, 'bold' if status == 'start' else 'red')),
            f' {run.spec.key} {run.label}',
            (f'  {note}' if note else '', 'dim'),
        )
        self.console.print(text, soft_wrap=True, highlight=False)

    def _why(self, why: str) -> None:
        # Printed as text, since a path may hold what rich reads as markup.
        self.console.print(Text(f'  {why}', 'red'), soft_wrap=True)

    def _display(self) -> Group:
        table = Table.grid(padding=(0, 1))
        for run, began in self._running.values():
            table.add_row(
                Text('running ', 'cyan'),
                run.spec.key,
                run.label,
                Text(f'{time.monotonic() - began:.0f} s', 'dim'),
            )
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            ProgressBar(total=self.total, completed=self.settled_count, width=30),
            f'{self.settled_count} of {self.total} runs',
            Text(f'{minutes}:{seconds:02d}', 'dim'),
        )
        return Group(table, bar)


def _reason(paths: RunPaths) -> str:
    """Why a run has no result, in one line."""
    try:
        return read_json(paths.state)['error']['message']
    except (ResultsError, KeyError, TypeError):
        return f'see {paths.log}'

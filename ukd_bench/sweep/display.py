"""Progress of a sweep: live on a terminal, plain lines otherwise."""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..data.cache.estimate import size_in_words
from ..durations import duration_text
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
_BAR = 24
_MOST_ROWS = 16
"""Runs that are shown at once; on a cluster there may be hundreds."""
_LEAST_PAUSE_S = 1.0
_SHARE = 0.05
"""Share of the time that looking at what runs may take."""


@dataclass(frozen=True)
class HowFar:
    """Where a run is that is under way; None where that is not known.

    Attributes:
        done: Epochs, or views of a bank, that are complete.
        total: Epochs of the schedule, or views that there will be.
        loss: Mean loss of the last epoch.
    """

    done: int | None = None
    total: int | None = None
    loss: float | None = None
    peak_bytes: int | None = None
    of_views: bool = False


@dataclass(frozen=True)
class Seen:
    """What a look at the runs' folders has found.

    Attributes:
        runs: Where each run is that is under way, by key.
        left_s: Seconds until the last run ends; None where that is not known.
        peak: The largest allocated peak of a run of this call so far, and what the run is called.
    """

    runs: Mapping[str, HowFar] = field(default_factory=dict)
    left_s: float | None = None
    peak: tuple[int, str] | None = None


class Watch(Protocol):
    """Knows more of the runs than that they have started or ended."""

    def started(self, run: PlannedRun) -> None:
        """Takes note of a run that is under way."""

    def ended(self, run: PlannedRun, status: str) -> None:
        """Takes note of how a run ended, in this call or before."""

    def look(self, running: Sequence[PlannedRun]) -> Seen:
        """Looks at the folders of the runs that are under way."""


class Progress:
    """Tells a person where a sweep stands.

    Args:
        total: Number of runs of the plan.
        console: Console that is written to.
        live: Whether a live display may be on it, where it is a terminal.
        watch: Knows how far runs are, for the live display.
    """

    def __init__(
        self, total: int, console: Console, live: bool = True, watch: Watch | None = None
    ) -> None:
        self.total = total
        self.console = console
        self.is_live = live and console.is_terminal
        self.settled_count = 0
        self.reused_count = 0
        self._running: dict[str, tuple[PlannedRun, float]] = {}
        self._began = time.monotonic()
        self._live: Live | None = None
        self._watch = watch if self.is_live else None
        self._seen, self._look_again = Seen(), 0.0

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
        if self._watch is not None:
            self._watch.started(run)
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
        self._settle(run, status)
        self._line(status, run, f'{time.monotonic() - began:.0f} s')
        if status not in _STYLES:
            self._why(_reason(paths))

    def settled(
        self, run: PlannedRun, status: str, paths: RunPaths, why: str | None = None
    ) -> None:
        """Shows a run that needs no process here: finished, or not to be started any more.

        Args:
            run: A run that was not started.
            status: How it ended.
            paths: Its folder, which says why where it failed.
            why: Why it failed, where its folder does not say.
        """
        self._settle(run, status)
        if status == 'skipped':
            self._line('skipped', run, 'needs a run that failed')
        elif status in FINAL_STATUSES:
            self.reused_count += 1
        else:
            self._line(status, run)
            self._why(why or _reason(paths))

    def elsewhere(self, run: PlannedRun, why: str) -> None:
        """Shows that a run is waited for that another process carries out."""
        self._line('waits', run)
        self._why(why)

    def put_off(self, run: PlannedRun, note: str) -> None:
        """Shows that a run that was started has come to no end, and is not given up."""
        _, began = self._running.pop(run.spec.key)
        if self._watch is not None:
            self._watch.ended(run, 'pending')
        self._line(note, run, f'after {time.monotonic() - began:.0f} s')

    def tick(self) -> None:
        """Refreshes the live display."""
        if self._live is not None:
            self._look()
            self._live.update(self._display(), refresh=True)

    def _settle(self, run: PlannedRun, status: str) -> None:
        self.settled_count += 1
        if self._watch is not None:
            self._watch.ended(run, status)

    def _look(self) -> None:
        """Looks at the runs' folders, no more often than costs next to nothing."""
        began = time.monotonic()
        if self._watch is not None and began >= self._look_again:
            self._seen = self._watch.look([run for run, _ in self._running.values()])
            took = time.monotonic() - began
            self._look_again = began + max(_LEAST_PAUSE_S, took / _SHARE)

    def _line(self, status: str, run: PlannedRun, note: str = '') -> None:
        counter = f'[{self.settled_count:>{len(str(self.total))}}/{self.total}]'
        begin = Text.assemble(
            (counter, 'dim'),
            ' ',
            (f'{status:<8}', _STYLES.get(status, 'bold' if status == 'start' else 'red')),
            f' {run.spec.key} ',
        )
        label, end = Text(run.label), Text(f'  {note}' if note else '', 'dim')
        if self.console.is_terminal:
            # A file has all of it; a line that goes on in the next one is hard to read.
            room = self.console.width - begin.cell_len - end.cell_len
            label.truncate(max(room, 1), overflow='ellipsis')
        text = Text.assemble(begin, label, end)
        self.console.print(text, soft_wrap=True, highlight=False)

    def _why(self, why: str) -> None:
        # Printed as text, since a path may hold what rich reads as markup.
        self.console.print(Text(f'  {why}', 'red'), soft_wrap=True)

    def _display(self) -> Group:
        """What is under way, how far all of it is, and what it takes; no line is too long."""
        table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False, expand=True)
        table.add_column(ratio=1, no_wrap=True, overflow='ellipsis')
        for _ in range(4):
            table.add_column(justify='right', no_wrap=True)
        shown = [*self._running.items()][:_MOST_ROWS]
        for key, (run, began) in shown:
            far = self._seen.runs.get(key, HowFar())
            table.add_row(
                run.label,
                _count(far),
                '' if far.loss is None else f'loss {far.loss:.3g}',
                Text(_clock(time.monotonic() - began), 'dim'),
                '' if far.peak_bytes is None else size_in_words(far.peak_bytes),
            )
        parts: list[RenderableType] = [table]
        if more := len(self._running) - len(shown):
            parts.append(_cut(Text(f'and {more} more under way', 'dim')))
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            ProgressBar(total=self.total, completed=self.settled_count, width=_BAR),
            _cut(Text(f'{self.settled_count} of {self.total} runs')),
            _cut(Text(_clock(time.monotonic() - self._began), 'dim')),
        )
        return Group(*parts, bar, *self._told())

    def _told(self) -> list[Text]:
        if self._watch is None:
            return []
        left, peak = self._seen.left_s, self._seen.peak
        known = 'not known yet' if left is None else f'about {duration_text(left)}'
        line = Text.assemble('time left ', (known, 'bold'))
        if peak is not None:
            size = size_in_words(peak[0])
            line += Text.assemble('; largest peak so far ', (size, 'bold'), f', {peak[1]}')
        return [_cut(line)]


def _clock(seconds: float) -> str:
    """Seconds as ``0:07``, or with hours as ``1:02:07``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours}:{minutes:02d}:{rest:02d}' if hours else f'{minutes}:{rest:02d}'


def _count(far: HowFar) -> str:
    if far.done is None:
        return ''
    name = 'view' if far.of_views else 'epoch'
    return f'{name} {far.done}' + ('' if far.total is None else f'/{far.total}')


def _cut(line: Text) -> Text:
    """A line that a narrow terminal shows the beginning of."""
    line.no_wrap, line.overflow = True, 'ellipsis'
    return line


def _reason(paths: RunPaths) -> str:
    """Why a run has no result, in one line."""
    try:
        return read_json(paths.state)['error']['message']
    except (ResultsError, KeyError, TypeError):
        return f'see {paths.log}'

"""The sweep's display: what it shows, in lines that an 80-column terminal has room for."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from ukd_bench.sweep import display as module
from ukd_bench.sweep.display import HowFar, Progress, Seen

from .planned import planned

MIB = 2**20


class Given:
    """Stands for what looks at folders."""

    def __init__(self, seen):
        self.seen, self.looks = seen, []

    def started(self, run):
        pass

    def ended(self, run, status):
        pass

    def look(self, running):
        self.looks.append([run.spec.key for run in running])
        return self.seen


@pytest.fixture
def runs():
    regimes = planned(methods=('two_stream_rgb_flow', 'ukd', 'plain'), num_teachers=(1, 3))
    return [*regimes.runs.values()]


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(module.time, 'monotonic', lambda: now[0])
    return now


def console_of(width=80, terminal=True):
    return Console(file=io.StringIO(), width=width, height=40, force_terminal=terminal)


def plain(text):
    return re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', text)


def shown(progress, width=80):
    """Lines of the display as a terminal of that width gets them."""
    console = console_of(width)
    console.print(progress._display())
    return plain(console.file.getvalue()).splitlines()


def display(runs, seen, clock):
    progress = Progress(67, console_of(), watch=Given(seen))
    with progress.showing():
        for run in runs:
            progress.started(run)
        clock[0] += 3727
        progress.tick()
    return progress


def longest(seen_of, runs):
    """The longest of everything that there may be."""
    far = HowFar(done=150, total=150, loss=0.000123, peak_bytes=79 * 1024 * MIB)
    return Seen({run.spec.key: far for run in runs}, 359_999.0, (79 * 1024 * MIB, seen_of))


def test_it_tells_how_far_runs_are_the_time_left_and_the_peak(runs, clock):
    first, second, third = runs[:3]
    seen = Seen(
        {
            first.spec.key: HowFar(4, 6, 0.9691, round(42.8 * MIB)),
            second.spec.key: HowFar(7, 12, None, None, of_views=True),
        },
        252.0,
        (round(42.8 * MIB), first.label),
    )
    lines = shown(display([first, second, third], seen, clock))
    assert re.fullmatch(rf'{first.label} +epoch 4/6 +loss 0.969 +1:02:07 +42.8 MiB', lines[0])
    assert re.fullmatch(rf'{second.label} +view 7/12 +1:02:07 *', lines[1])
    assert re.fullmatch(rf'{third.label} +1:02:07 *', lines[2])
    assert '0 of 67 runs 1:02:07' in lines[3]
    wanted = f'time left about 4 min 12 s; largest peak so far 42.8 MiB, {first.label}'
    assert lines[4].rstrip('…') == wanted[:79]
    assert len(lines) == 5


def test_what_is_not_known_is_said_or_left_out(runs, clock):
    lines = shown(display(runs[:1], Seen(), clock))
    assert lines[-1] == 'time left not known yet' and len(lines) == 3


@pytest.mark.parametrize('width', [80, 60, 40])
def test_no_line_is_wrapped(runs, clock, width):
    progress = display(runs, longest('x' * 90, runs), clock)
    lines = shown(progress, width)
    assert len(lines) == len(runs) + 2 and all(len(line) <= width for line in lines)
    if width == 80:
        assert all(line.endswith('79.0 GiB') for line in lines[: len(runs)])


def test_as_many_rows_as_there_is_room_for(runs, clock):
    first = runs[0]
    many = [replace(first, spec=replace(first.spec, key=f'{n:012x}')) for n in range(500)]
    lines = shown(display(many, Seen(), clock))
    assert len(lines) == 16 + 3 and lines[16] == 'and 484 more under way'


@pytest.mark.parametrize('terminal', [True, False])
def test_lines_that_stay_are_cut_on_a_terminal_alone(runs, clock, terminal):
    console = console_of(terminal=terminal)
    progress = Progress(10_000, console, live=False)
    run = max(runs, key=lambda one: len(one.label))
    progress.started(run)
    clock[0] += 86_400
    progress.ended(run, 'done', None)
    lines = plain(console.file.getvalue()).splitlines()
    assert len(lines) == 2 and lines[1].endswith('  86400 s')
    assert all((len(line) <= 80) for line in lines) or not terminal
    assert (run.label in lines[1]) or terminal


def test_folders_are_looked_at_once_a_second_and_less_where_that_takes_long(runs, clock):
    watch = Given(Seen())
    progress = Progress(67, console_of(), watch=watch)
    took = [0.0]

    def look(running):
        clock[0] += took[0]
        watch.looks.append(len(running))
        return Seen()

    watch.look = look
    with progress.showing():
        for _ in range(40):
            progress.tick()
            clock[0] += 0.1
        assert len(watch.looks) == 4
        took[0] = 2.0
        for _ in range(500):
            progress.tick()
            clock[0] += 0.1
    # Two seconds of forty.
    assert len(watch.looks) == 4 + 2


def test_nobody_looks_where_nothing_is_live(runs, clock):
    watch = Given(Seen())
    progress = Progress(67, console_of(terminal=False), watch=watch)
    with progress.showing():
        progress.started(runs[0])
        progress.tick()
    assert watch.looks == []

"""A sweep of a few runs, with all that sweep, report, ``show`` and ``publish`` read of it.

Nothing is trained. Tests edit what lies there, and ask every reader what it makes of that.
"""

import contextlib
import functools
import io
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from ukd_bench.cli.main import main
from ukd_bench.cli.sweep_plan import print_plan
from ukd_bench.errors import UkdBenchError
from ukd_bench.records.folder import SweepPaths
from ukd_bench.records.regime import DEFAULT_REGIME
from ukd_bench.records.spec import RunSpec
from ukd_bench.report.page import Report, write_report
from ukd_bench.results.frames import load, load_clips
from ukd_bench.sweep.doubts import doubts
from ukd_bench.sweep.finished import SweepState
from ukd_bench.sweep.place import Places, RunFolders

from ..results import made_up
from .left_runs import finish, state_of
from .planned import planned

CLIPS = dict(fingerprint='clips', train_samples=4, test_samples=2)
DATASET = dict(name='darkroom-tiny', synthetic=True, classes=['Run', 'Sit'], **CLIPS)
FACTS = (
    *('memory', 'time', 'counts', 'knowledge', 'selection', 'selected_epoch', 'protocol'),
    *('environment', 'error'),
)
"""What records of the made-up sweep lend those that runs leave here."""

MOST_CHARACTERS = 600
"""Of a message, the paths in it included."""


@functools.cache
def plan():
    """Two teachers with banks, and students of four methods."""
    methods = ('plain', 'ukd', 'naive', 'two_stream_rgb_flow')
    return planned(methods=methods, num_teachers=(1, 2))


def write(root: Path) -> SweepState:
    """All runs of the plan, finished, with plan and pool."""
    state = state_of(root, plan())
    for run in state.plan.runs.values():
        spec = run.spec
        record = made_up.record(
            spec.method, key=spec.key, student=spec.student, k=spec.num_teachers, seed=spec.seed
        )
        facts = {name: record[name] for name in FACTS}
        facts['flow'] = dict(algorithm='farneback', compute_s=5.0, bytes=4096)
        finish(state, run, spec.key, dataset=DATASET, **facts)
    state.refresh()
    state.write_plan({name: DATASET[name] for name in ('name', 'synthetic')}, 'rules', {})
    RunFolders(state, Places()).write_pool()
    return state


def read_again(root: Path) -> SweepState:
    """The plan and its folder as a later call finds it."""
    return state_of(root, plan())


def complaint(read: Callable[[], object]) -> str | None:
    """What a reader tells a person in one short line; None where it has nothing to tell."""
    try:
        read()
    except UkdBenchError as error:
        text = str(error)
        require_line(text)
        return text
    return None


def require_line(text: str) -> None:
    """Refuses a message that is no line, or too long a one."""
    assert '\n' not in text and 0 < len(text) <= MOST_CHARACTERS, text


def sweep(root: Path) -> None:
    """Looks at a folder as ``ukd-bench sweep --dry-run`` and the beginning of a sweep do."""
    state = read_again(root)
    with contextlib.redirect_stdout(io.StringIO()):
        print_plan(state)
    for line in doubts(state):
        require_line(line)
    state.claims_sha256('rules')
    valid = {row['key']: {DEFAULT_REGIME} for row in state.earlier_rows()}
    state.write_plan(DATASET, 'rules', valid)


def report(root: Path, out: Path, drawn: bool = False) -> Report:
    """Writes the report; its figures, which take most of the time, only where they are wanted."""
    with contextlib.ExitStack() as stack:
        if not drawn:
            stack.enter_context(patch('ukd_bench.report.page.draw_all', lambda *given: []))
        written = write_report(root, out)
    for run in written.sweep.runs:
        if run.problem is not None:
            require_line(run.problem)
    return written


def read_all(root: Path, scratch: Path, drawn: bool = False) -> None:
    """Has everything read a folder; it lets nothing through but what no reader expects."""
    complaint(lambda: report(root, scratch / 'page', drawn))
    complaint(lambda: load(root))
    complaint(lambda: load_clips(root))
    paths = SweepPaths(root)
    banks = sorted(map(str, root.glob('*/bank')))
    for line in (
        ['knowledge', 'show', str(paths.pool), *banks],
        ['results', 'publish', str(root), str(scratch / 'copy')],
    ):
        errors = io.StringIO()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
            assert main(line) in (0, 2)
        for told in errors.getvalue().splitlines():
            assert told.startswith('error: '), told
            require_line(told)
    for spec in sorted(root.glob('*/run.json')):
        complaint(lambda spec=spec: RunSpec.read(spec))
    # Last, since it writes the plan anew.
    complaint(lambda: sweep(root))

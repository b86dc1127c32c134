"""``python -m ukd_bench.sweep [CONFIG]``: plans, runs and resumes a sweep, and writes its report.

Exit status 0: every run has a result; 1: some have none; 2: a mistake that a user can mend.
"""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console

from ..cli.terminal import Parser, gibibytes
from ..data.arid.editions import EDITIONS
from ..errors import ConfigError, ResultsError, UkdBenchError
from ..files.locks import Lock
from ..records.execution import environment, execution_fingerprint
from ..records.folder import SweepPaths
from ..records.record import BEST_ON_HELD_OUT
from ..results.claims import Claims, find_claims, keep_claims, load_claims
from .config import Axes, read_axes
from .finished import SweepState, still_valid
from .plan import Plan
from .planner import make_plan
from .prepare import prepare_cache, prepare_flow, prepare_videos
from .progress import Progress
from .rule import require_usable_rule
from .schedule import Outcome, carry_out
from .videos import SweepData, sweep_data


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog='python -m ukd_bench.sweep',
        description='Plans, runs and resumes a sweep, then writes its report.',
    )
    add = parser.add_argument
    add('config', nargs='?', type=Path, help='sweep config; default: the embedded quick sweep')
    add('--methods', type=_words, metavar='A,B', help='only these methods and what they need')
    add('--teachers', type=_numbers, metavar='K,K', help='numbers of teachers, e.g. 1,2,4')
    add('--backbones', type=_words, metavar='A,B', help='only these student backbones')
    add('--seeds', type=_numbers, metavar='S,S', help='seeds of the students, e.g. 0,1,2')
    add('--split', type=int, metavar='N', help="split of the data set (default: the sweep's)")
    add('--edition', choices=EDITIONS, help='which lists, where two editions lie at one root')
    add('--device', default='cpu', help='cpu or cuda (default: cpu)')
    add('--jobs', type=int, help='runs at once (default: one a core, or one on a GPU)')
    add(
        '--data-root',
        type=Path,
        help="ARID or your own videos (default: the sweep's own)",
    )
    add(
        '--cache-gib', type=gibibytes(), default=8.0, metavar='N',
        help='GiB that cached frames may take; 0 decodes always (default: 8)',
    )  # fmt: skip
    add('--results', type=Path, default=Path('results'), help='parent of the results folder')
    add('--reports', type=Path, default=Path('reports'), help='parent of the report folder')
    add('--reference', type=Path, help='results folder to compare with')
    add('--accept-stale', action='store_true', help='reuse runs of other versions or source')
    add('--dry-run', action='store_true', help='print the plan, one line a run, and stop')
    return parser


def _words(text: str) -> list[str]:
    words = [word.strip() for word in text.split(',')]
    if not all(words):
        raise argparse.ArgumentTypeError(f'{text!r} is not a list like a,b')
    return words


def _numbers(text: str) -> list[int]:
    try:
        return [int(word) for word in _words(text)]
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is not a list of whole numbers') from None


def run_sweep(options: argparse.Namespace, console: Console) -> int:
    """Does what the command line asks for and returns the exit status."""
    every_axis = read_axes(options.config).narrowed(split=options.split, edition=options.edition)
    axes = every_axis.narrowed(options.methods, options.teachers, options.backbones, options.seeds)
    require_usable_rule(axes)
    claims = load_claims(find_claims(axes.claims))
    claims.check_methods(axes.known.rows)
    if options.jobs is not None and options.jobs < 1:
        raise ConfigError(f'--jobs {options.jobs} is not positive')
    if options.reference and not SweepPaths(options.reference).plan.is_file():
        raise ConfigError(f'--reference {options.reference} holds no sweep')
    data = _data_of(axes, options)
    execution = execution_fingerprint(environment(options.device, axes.threads))
    paths = SweepPaths(options.results / axes.name)

    def plan_of(some: Axes, of: SweepData = data) -> Plan:
        return make_plan(some, of, execution, options.device, str(paths.pool.resolve()))

    if options.dry_run:
        _print_plan(_state(plan_of(axes), paths, data, options))
        return 0
    with _only_one_sweep(paths):
        _require_writable(options.reports / axes.name)
        prepare_videos(data, console)
        state = _state(plan_of(axes), paths, data, options)
        if not all(state.is_finished(key) for key in state.plan.runs):
            prepare_flow(state.plan, data, console)
            prepare_cache(state.plan, data, options.cache_gib, console)
        # The videos of this split have been hashed; another's are, once, if they are still there.
        by_split = {data.split: data}

        def keys_of(some: Axes) -> Iterable[str]:
            split = some.dataset.split
            if split not in by_split:
                by_split[split] = _data_of(some, options)
            return plan_of(some, by_split[split]).runs

        valid = still_valid(every_axis, state.earlier_rows(), keys_of)
        return _run_and_report(options, axes, data, state, claims, valid, console)


def _data_of(axes: Axes, options: argparse.Namespace) -> SweepData:
    groups = 'fit' if axes.selection == BEST_ON_HELD_OUT else None
    return sweep_data(axes.dataset, options.data_root, groups)


def _run_and_report(
    options: argparse.Namespace,
    axes: Axes,
    data: SweepData,
    state: SweepState,
    claims: Claims,
    valid: set[str],
    console: Console,
) -> int:
    cores = len(os.sched_getaffinity(0))
    jobs = options.jobs or (1 if options.device == 'cuda' else max(1, cores // axes.threads))
    dataset = dict(
        name=data.name,
        edition=data.kind,
        synthetic=data.synthetic,
        **(state.fingerprints or {}),
    )
    # Written before the first run as well: the rules of the verdicts stand before the results.
    planned_with = state.claims_sha256(claims.sha256)
    state.write_plan(dataset, planned_with, valid)
    keep_claims(claims, state.paths.root)
    runs = len(state.plan.runs)
    progress = Progress(runs, console)
    with progress.showing():
        outcome = carry_out(state, jobs, progress)
    state.write_pool()
    state.write_plan(dataset, planned_with, valid)
    console.print(
        f'{runs} runs: {progress.reused_count} reused, '
        f'{runs - progress.reused_count - len(outcome.lost)} carried out, '
        f'{len(outcome.lost)} without a result',
        highlight=False,
    )
    return _report(options, axes, state.paths, outcome, console)


def _require_writable(folder: Path) -> None:
    """Finds out before the first run whether a folder can be written that is needed later, too.

    Raises:
        ResultsError: it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(f'{folder}: cannot be written ({error.strerror})') from error


def _report(
    options: argparse.Namespace, axes: Axes, paths: SweepPaths, outcome: Outcome, console: Console
) -> int:
    # Here, because a dry run needs neither pandas nor matplotlib.
    from ..report.__main__ import print_summary
    from ..report.page import write_report

    report = write_report(paths.root, options.reports / axes.name, options.reference)
    print_summary(report, console)
    return 1 if outcome.lost else 0


def _state(
    plan: Plan, paths: SweepPaths, data: SweepData, options: argparse.Namespace
) -> SweepState:
    state = SweepState(plan, paths, data.fingerprints(), options.accept_stale)
    state.refresh()
    return state


def _print_plan(state: SweepState) -> None:
    # A teacher's name tells it from others of its backbone, and its bank from theirs.
    names = {
        key: run.spec.teacher or run.spec.student or '-' for key, run in state.plan.runs.items()
    }
    width = max(map(len, names.values()))
    for key, run in state.plan.runs.items():
        spec = run.spec
        print(
            f'{key} {spec.method:<21} {names[key]:<{width}} '
            f'K={spec.num_teachers} seed={spec.seed:<4} {state.status(run)}'
        )


@contextlib.contextmanager
def _only_one_sweep(paths: SweepPaths) -> Iterator[None]:
    """Holds the results folder for this process.

    Raises:
        ResultsError: the folder cannot be written or locked, or another sweep works in it.
    """
    _require_writable(paths.root)
    lock = Lock(paths.root / '.lock')
    if not lock.take():
        raise ResultsError(f'{paths.root}: another sweep works in it')
    try:
        yield
    finally:
        lock.release()


def main(arguments: list[str] | None = None) -> int:
    """Entry of ``python -m ukd_bench.sweep``."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run_sweep(options, Console(highlight=False))
    except UkdBenchError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read the output has had enough; keep Python from complaining at its own end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print('interrupted; finished runs are kept, the same command goes on', file=sys.stderr)
        return 130


if __name__ == '__main__':
    sys.exit(main())

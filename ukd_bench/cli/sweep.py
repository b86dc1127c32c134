"""``ukd-bench sweep``: plans, runs and resumes a sweep, and writes its report."""

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING

from .options import require_reference
from .progress import progress_bar
from .sweep_clean import clean
from .sweep_options import DESCRIPTION, EPILOG, RETRIED, SUMMARY, add_options
from .sweep_plan import print_estimate, print_plan

if TYPE_CHECKING:
    from rich.console import Console

    from ..sweep.asked import SweepOptions
    from ..sweep.display import Progress
    from ..sweep.executors import Executor
    from ..sweep.finished import SweepState

__all__ = ['DESCRIPTION', 'EPILOG', 'SUMMARY', 'add_options', 'run']


def run(arguments: argparse.Namespace) -> int:
    """Plans a sweep or carries it out; returns 1 where runs have no result.

    Raises:
        UkdBenchError: the config, an option, the videos or a folder cannot be used.
    """
    from ..errors import ConfigError
    from ..records.folder import SweepPaths
    from ..records.plan_file import read_plan
    from ..results.claims import find_claims, keep_claims, load_claims
    from ..results.load_full_size import find_full_size, load_full_size
    from ..sweep.doubts import doubts
    from ..sweep.executors import Detached
    from ..sweep.run import SweepRun

    require_reference(arguments)
    for state in arguments.retry or ():
        if state not in RETRIED:
            raise ConfigError(f'--retry {state}: is none of {", ".join(RETRIED)}')
    if arguments.no_report and arguments.reference:
        raise ConfigError('--no-report leaves nothing that --reference could be compared in')
    if arguments.yes and not arguments.clean:
        raise ConfigError('--yes needs --clean')
    if arguments.memory_limit and not arguments.estimate:
        raise ConfigError('--memory-limit needs --estimate')
    if arguments.reference and not SweepPaths(arguments.reference).plan.is_file():
        raise ConfigError(f'--reference {arguments.reference} holds no sweep')
    if arguments.reference:
        # One that cannot be read is told before hours of training.
        read_plan(SweepPaths(arguments.reference).plan)
    memory = find_full_size(arguments.memory)
    load_full_size(memory)
    sweep = SweepRun(_options(arguments))
    claims = load_claims(find_claims(sweep.axes.claims))
    claims.check_methods(sweep.axes.known.rows)
    if arguments.dry_run:
        state = sweep.state()
        print_plan(state)
        for doubt in doubts(state):
            print(f'warning: {doubt}', file=sys.stderr)
        if arguments.estimate:
            print()
            print_estimate(sweep, state, arguments.memory_limit)
        if sweep.devices.absence:
            unknown = 'which runs are finished on it is unknown'
            print(f'{sweep.devices.absence}: {unknown}', file=sys.stderr)
        return 0
    if arguments.clean:
        return clean(sweep, arguments.yes)

    from rich.console import Console

    from ..report.page import write_report
    from ..sweep.asked import Caller
    from ..sweep.run import require_writable
    from .report import print_summary

    console = Console(highlight=False)
    report_folder = arguments.reports / sweep.axes.name
    caller = Caller(
        claims_sha256=claims.sha256,
        keep_claims=partial(keep_claims, claims, sweep.paths.root),
        bars=partial(progress_bar, console=console),
        say=partial(console.print, markup=False, soft_wrap=True),
    )
    if arguments.prepare:
        with sweep.at_work():
            count = sweep.prepare(caller)
        console.print(f'{count} runs are ready, their commands are in {sweep.paths.commands}')
        return 0
    executor = sweep.executor()
    if arguments.estimate:
        if not print_estimate(sweep, sweep.state(), arguments.memory_limit):
            raise ConfigError(
                'nothing is started, because not all runs can fit; a call without --estimate '
                'starts them all the same'
            )
        print()
    with sweep.at_work():
        if not arguments.no_report:
            require_writable(report_folder)
        try:
            tally = sweep.carry_out(
                executor,
                caller,
                progress_of=partial(_progress, executor=executor, console=console),
            )
        except Detached as detached:
            if detached.left:
                console.print(
                    f'{detached.left} runs are not submitted: the same command goes on with them'
                )
            return 1 if detached.left else 0
        console.print(
            f'{tally.runs} runs: {tally.reused} reused, {tally.carried_out} carried out, '
            f'{tally.lost} without a result'
            + (f', {tally.damaged} damaged' if arguments.verify else '')
        )
        differs = False
        if not arguments.no_report:
            report = write_report(
                sweep.paths.root, report_folder, arguments.reference, memory=memory
            )
            print_summary(report)
            differs = arguments.check and not report.agrees
    return 1 if tally.lost or tally.damaged or differs else 0


def _progress(state: 'SweepState', executor: 'Executor', console: 'Console') -> 'Progress':
    """What shows how far the runs of a plan are."""
    from ..sweep.display import Progress
    from .sweep_watch import SweepWatch

    live = not executor.has_terminal
    watch = SweepWatch(state, executor.capacity) if live and console.is_terminal else None
    return Progress(len(state.plan.runs), console, live, watch)


def _options(arguments: argparse.Namespace) -> 'SweepOptions':
    from dataclasses import fields

    from ..sweep.asked import SweepOptions

    return SweepOptions(**{one.name: getattr(arguments, one.name) for one in fields(SweepOptions)})

"""``ukd-bench sweep``: plans, runs and resumes a sweep, and writes its report."""

import argparse
import sys
import textwrap
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..files.configs import shipped_configs
from ..methods.table import METHODS, ON_DEMAND
from ..records.deleted import ALL, KEPT
from ..records.trackers import TRACKERS
from ..sweep.executors import EXECUTORS
from .options import add_check, add_edition, add_memory, require_reference
from .parser import WIDTH
from .progress import progress_bar
from .values import duration, memory_size, named_path, number, numbers, words

if TYPE_CHECKING:
    from rich.console import Console

    from ..sweep.display import Progress
    from ..sweep.executors import Executor
    from ..sweep.finished import SweepState
    from ..sweep.run import SweepOptions, SweepRun

RETRIED = ('failed', 'interrupted', 'oom', 'diverged')
"""States that ``--retry`` takes."""

SUMMARY = 'plan, run and resume a sweep, and write its report'
DESCRIPTION = (
    'Trains and tests what the config of a sweep compares, each run in a process of its own, and '
    'writes the report. Finished runs are kept: the same command goes on where it was stopped, and '
    'a wider one adds to it.'
)


def _listed(names: list[str]) -> str:
    text = textwrap.fill(', '.join(names), WIDTH - 4, break_on_hyphens=False)
    return textwrap.indent(text, '  ')


EPILOG = f"""\
methods:
{_listed([method for method in METHODS if method not in ON_DEMAND])}

examples:
  %(prog)s --dry-run --estimate
  %(prog)s quick --methods plain,ukd --seeds 0,1
  %(prog)s arid_v1 --data-root /data/ARID --device cuda

exit status:
  0 every run has a result   1 some have none, --verify found a
  damaged one, or with --check the reference differs   2 a mistake
  to mend
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options: which sweep, what part of it, on which videos, where results go."""
    add = parser.add_argument
    add(
        'config', nargs='?', default='quick', metavar='CONFIG',
        help=f'path of a sweep config, or the name of a shipped one: {", ".join(_shipped())} '
        '(default: quick); where a file has the name, the file counts',
    )  # fmt: skip
    add(
        '--methods', type=words, metavar='A,B',
        help="only these, see below, and what they need (default: the sweep's)",
    )  # fmt: skip
    add(
        '--teachers', type=numbers(1), metavar='K,K',
        help="numbers of teachers, such as 1,2,4 (default: the sweep's)",
    )  # fmt: skip
    add('--backbones', type=words, metavar='A,B', help="students' (default: the sweep's)")
    add('--regimes', type=words, metavar='A,B', help="circumstances (default: the sweep's)")
    add(
        '--seeds', type=numbers(0), metavar='S,S',
        help="of the students, such as 0,1,2 (default: the sweep's)",
    )  # fmt: skip
    add('--split', type=int, metavar='N', help="of the data set (default: the sweep's)")
    add_edition(parser)
    add(
        '--device',
        default='cpu',
        metavar='DEVICE',
        help='cpu, cuda, or one GPU as cuda:1 (default: cpu)',
    )
    add(
        '--jobs', type=int, metavar='N',
        help='runs at once (default: one a core, or one a GPU; all on Slurm)',
    )  # fmt: skip
    add(
        '--executor', default='local', metavar='NAME',
        help=f'how runs are carried out: {", ".join(EXECUTORS)}, or the dotted path of a class of '
        'yours (default: local)',
    )  # fmt: skip
    add(
        '--run-limit', type=duration, metavar='TIME',
        help='that a run may take, such as 90min or 2h; one that takes longer ends, and goes on '
        "where it is given more (default: the sweep's)",
    )  # fmt: skip
    add(
        '--slurm', action='append', metavar='KEY=VALUE',
        help="what a job of Slurm asks for, over the sweep's own, such as time=4:00:00 or "
        'partition=gpu; repeatable',
    )  # fmt: skip
    add('--detach', action='store_true', help='submit all to Slurm and do not wait for it')
    add(
        '--data-root', type=named_path, metavar='ROOT',
        help="ARID or your own videos (default: the sweep's, in data)",
    )  # fmt: skip
    add(
        '--cache-gib', type=number('of GiB'), default=8.0, metavar='GIB',
        help='that cached frames may take; 0 decodes always (default: 8)',
    )  # fmt: skip
    add(
        '--results', type=named_path, default=Path('results'), metavar='DIR',
        help='parent of the results folder (default: results)',
    )  # fmt: skip
    add(
        '--reports', type=named_path, default=Path('reports'), metavar='DIR',
        help='parent of the report folder (default: reports)',
    )  # fmt: skip
    add(
        '--no-report', action='store_true',
        help='write no report; `ukd-bench report` does it, from what is there by then',
    )  # fmt: skip
    add('--reference', type=named_path, metavar='DIR', help='results folder to compare with')
    add(
        '--keep-checkpoints', choices=KEPT, default=ALL, metavar='WHICH',
        help='none or teachers: the others are deleted once nothing in the plan needs them '
        '(default: all)',
    )  # fmt: skip
    add(
        '--track', action='append', choices=TRACKERS, metavar='TRACKER',
        help=f'tell {", ".join(TRACKERS)} the figures of every epoch; may be repeated (default: '
        'none)',
    )  # fmt: skip
    add_memory(parser)
    add_check(parser)
    add('--accept-stale', action='store_true', help='reuse runs of other versions or source')
    add(
        '--verify', action='store_true',
        help='at the end read every checkpoint and bank again and compare it with its record; '
        'without it each is read once, when the sweep starts',
    )  # fmt: skip
    add(
        '--retry', type=words, metavar='A,B',
        help='carry out again what ended so: oom, diverged, which are results otherwise; failed '
        'and interrupted runs always are',
    )  # fmt: skip
    add(
        '--prepare', action='store_true',
        help='make all runs ready, write their commands to commands.jsonl in the results folder, '
        'for another scheduler, and stop',
    )  # fmt: skip
    add(
        '--clean', action='store_true',
        help='remove what the sweep has left and no call reads again; it is listed, and asked for',
    )  # fmt: skip
    add('--yes', action='store_true', help='with --clean, remove it without a question')
    add('--dry-run', action='store_true', help='print the plan, one line a run, and stop')
    add(
        '--estimate', action='store_true',
        help='print what memory, disk and time the runs will take; a run that cannot fit is told, '
        'and without --dry-run nothing is started then',
    )  # fmt: skip
    add(
        '--memory-limit', type=memory_size, metavar='SIZE',
        help='that a run may take: 24GiB, 24GB, or a card such as rtx3090 (default: what the '
        'device has)',
    )  # fmt: skip


def _shipped() -> list[str]:
    return sorted(shipped_configs('sweeps'))


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
    from ..sweep.run import Caller, require_writable
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

    from ..sweep.run import SweepOptions

    return SweepOptions(**{one.name: getattr(arguments, one.name) for one in fields(SweepOptions)})


def clean(sweep: 'SweepRun', without_question: bool) -> int:
    """Lists what may be removed, and removes it where a person says so; returns 1 where not.

    Raises:
        ConfigError: nobody can be asked.
    """
    from ..errors import ConfigError
    from ..sweep.clean import in_words, remove_all

    leftovers = sweep.leftovers()
    if not leftovers:
        print(f'{sweep.paths.root}: there is nothing to remove')
        return 0
    print(*in_words(leftovers), sep='\n')
    if not without_question:
        if not sys.stdin.isatty():
            raise ConfigError('--clean asks before it removes anything; --yes answers')
        if input('Remove these files? [y/N] ').strip().lower() not in ('y', 'yes'):
            print('nothing is removed')
            return 1
    for line in remove_all(leftovers):
        print(line)
    return 0


def print_estimate(sweep: 'SweepRun', state: 'SweepState', limit_bytes: int | None) -> bool:
    """Prints what the runs take that are left; returns whether each of them can fit."""
    from ..sweep.estimate import lines

    estimate = sweep.estimate(state, limit_bytes, partial(print, file=sys.stderr))
    print(*lines(estimate), sep='\n')
    for line in (*estimate.misfits, *estimate.tight):
        print(f'warning: {line}', file=sys.stderr)
    return not estimate.misfits


def print_plan(state: 'SweepState') -> None:
    """Prints a line a run: its key, what it is, and how far it is.

    Where there are several regimes, each run stands under the first that it is part of.
    """
    plan = state.plan
    rows = [('run', 'method', 'network', 'K', 'seed', 'state')]
    for key, run in plan.runs.items():
        spec = run.spec
        # A teacher's name tells it from others of its backbone, and its bank from theirs.
        network = spec.teacher or spec.student or '-'
        count = str(spec.num_teachers or '-')
        rows.append((key, spec.method, network, count, str(spec.seed), state.status(run)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    title, *lines = (
        '  '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    print(title)
    regime = None
    for line, run in zip(lines, plan.runs.values(), strict=True):
        first = plan.regimes_of(run)[0]
        if first != regime and len(plan.regimes) > 1:
            print(f'\nregime {first}')
        regime = first
        print(line)

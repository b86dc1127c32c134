"""What ``ukd-bench sweep`` takes on its command line, and what its help says."""

import argparse
import textwrap
from pathlib import Path

from ..files.configs import shipped_configs
from ..methods.table import METHODS, ON_DEMAND
from ..records.deleted import ALL, KEPT
from ..records.trackers import TRACKERS
from ..sweep.executors import EXECUTORS
from .options import add_check, add_edition, add_memory
from .parser import WIDTH
from .values import duration, memory_size, named_path, number, numbers, words

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
        '--runs-per-gpu', type=int, default=1, metavar='N',
        help='runs that may share each GPU (default: 1)',
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

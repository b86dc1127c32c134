"""All commands of ``ukd-bench``, and what holds for every one of them."""

import os
import sys
import warnings
from collections.abc import Sequence

from .. import __version__
from ..errors import UkdBenchError
from ..files.python import working_folder_on_path
from . import leaderboard, report, run, status, sweep
from .data import cache, check, flow, make, pixels
from .knowledge import fill, show, verify
from .main import PROG
from .measure import fill as fill_rate, loader, memory, profile, queue, steps
from .parser import Command, Parser, Room
from .results import export, publish

COMMANDS: dict[str, Command | Room] = {
    'sweep': sweep,
    'run': run,
    'status': status,
    'report': report,
    'leaderboard': leaderboard,
    'results': Room(
        'share results, and export them',
        'Works on the results of sweeps.',
        'examples:\n  %(prog)s publish results/quick results/reference/quick\n'
        '  %(prog)s export results/quick --csv runs.csv',
        {'publish': publish, 'export': export},
    ),
    'data': Room(
        'make, check and prepare data sets',
        'Makes, checks and prepares data sets.',
        'examples:\n  %(prog)s make videos\n  %(prog)s check videos --decode',
        {'make': make, 'check': check, 'flow': flow, 'cache': cache, 'pixels': pixels},
    ),
    'knowledge': Room(
        'fill, check and show knowledge banks',
        'Fills, checks and shows knowledge banks.',
        'examples:\n  %(prog)s fill student.py\n  %(prog)s show pool.json',
        {'fill': fill, 'verify': verify, 'show': show},
    ),
    'measure': Room(
        'measure what depends on this machine',
        'Measures what depends on this machine, and predicts what depends on memory alone.',
        'examples:\n  %(prog)s loader videos\n  %(prog)s steps --methods ukd,naive\n'
        '  %(prog)s memory --predict',
        {
            'loader': loader,
            'steps': steps,
            'profile': profile,
            'fill': fill_rate,
            'queue': queue,
            'memory': memory,
        },
    ),
}

_EPILOG = """\
examples:
  %(prog)s sweep quick --dry-run     prints what the quick sweep would do
  %(prog)s sweep quick               does it, and writes its report
  %(prog)s data check /data/ARID     tells whether a data set is whole
  %(prog)s knowledge fill --help     tells what a command takes
"""
_ALL = Room(
    'everything',
    'Tells whether unlimited knowledge distillation for action recognition in the dark holds up: '
    'trains and compares methods, and says what was found in a report.',
    _EPILOG,
    COMMANDS,
)


def call(prog: str, command: str | None, argv: Sequence[str] | None) -> int:
    """Carries out what the arguments name.

    Args:
        prog: What the program is called.
        command: Name of the one command or room that it is; None for all of them.
        argv: The arguments; None for those of the process.

    Returns:
        The command's status; 2 after one line on stderr about a user's mistake; 1 where nobody
        reads the output any more.
    """
    # A user's modules are found where the command starts, however it was started.
    working_folder_on_path()
    # What mmcv-lite lacks, nothing here needs.
    warnings.filterwarnings('ignore', 'Fail to import ``MultiScaleDeformableAttention``')
    parser = Parser.of(prog, _ALL if command is None else COMMANDS[command])
    parser.add_argument('-V', '--version', action='version', version=f'{PROG} {__version__}')
    try:
        try:
            arguments = parser.parse_args(argv)
            return arguments.run(arguments)
        finally:
            # Flushed here, where an answer that nobody reads any more can be told from a defect.
            sys.stdout.flush()
    except UkdBenchError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read the output has had enough; keep Python from complaining at its own end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1

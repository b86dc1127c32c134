"""``ukd-bench``, all its commands, and what holds for every one of them."""

import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence

from .. import __version__
from ..errors import UkdBenchError
from ..files.python import working_folder_on_path
from . import report, run, sweep
from .data import cache, check, flow, make
from .knowledge import fill, show, verify
from .measure import fill as fill_rate, loader, steps
from .parser import Command, Parser, Room
from .results import export, publish

PROG = 'ukd-bench'

COMMANDS: dict[str, Command | Room] = {
    'sweep': sweep,
    'run': run,
    'report': report,
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
        {'make': make, 'check': check, 'flow': flow, 'cache': cache},
    ),
    'knowledge': Room(
        'fill, check and show knowledge banks',
        'Fills, checks and shows knowledge banks.',
        'examples:\n  %(prog)s fill student.py\n  %(prog)s show pool.json',
        {'fill': fill, 'verify': verify, 'show': show},
    ),
    'measure': Room(
        'measure what depends on this machine',
        'Measures what depends on this machine.',
        'examples:\n  %(prog)s loader videos\n  %(prog)s steps --methods ukd,naive',
        {'loader': loader, 'steps': steps, 'fill': fill_rate},
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


def main(argv: Sequence[str] | None = None) -> int:
    """Runs ``ukd-bench`` and returns its exit status."""
    return _call(PROG, _ALL, argv)


def door(command: str, module: str) -> Callable[..., int]:
    """Entry of ``python -m MODULE``, which is the command of that name by itself."""

    def enter(argv: Sequence[str] | None = None) -> int:
        return _call(f'python -m {module}', COMMANDS[command], argv)

    return enter


def _call(prog: str, what: Command | Room, argv: Sequence[str] | None) -> int:
    """Does what the arguments say.

    Returns:
        The command's status; 2 after one line on stderr about a user's mistake; 1 where nobody
        reads the output any more; 130 after an interrupt.
    """
    # A user's modules are found where the command starts, however it was started.
    working_folder_on_path()
    # What mmcv-lite lacks, nothing here needs.
    warnings.filterwarnings('ignore', 'Fail to import ``MultiScaleDeformableAttention``')
    parser = Parser.of(prog, what)
    parser.add_argument('-V', '--version', action='version', version=f'{PROG} {__version__}')
    # Whoever ends a command, by hand or by its process, gets the same orderly end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        try:
            arguments = parser.parse_args(argv)
            return arguments.run(arguments)
        finally:
            # Here, where an answer that nobody reads any more can still be told from a defect.
            sys.stdout.flush()
    except UkdBenchError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read the output has had enough; keep Python from complaining at its own end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print('interrupted; what is finished is kept, the same command goes on', file=sys.stderr)
        return 130

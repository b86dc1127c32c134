"""What holds for all commands: doors, versions, mistakes, and how they end."""

import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from ukd_bench import __version__
from ukd_bench.cli import main as module
from ukd_bench.cli.commands import COMMANDS
from ukd_bench.cli.main import main
from ukd_bench.errors import ConfigError

REPOSITORY = Path(__file__).resolve().parents[2]
DOORS = {
    'data': 'data',
    'knowledge': 'knowledge',
    'measure': 'measure',
    'report': 'report',
    'results': 'results',
    'run': 'runs',
    'sweep': 'sweep',
}


def ended(capsys, *arguments: str, entry=main) -> tuple[int, str, str]:
    """Status, stdout and stderr of a command in this process."""
    capsys.readouterr()
    try:
        status = entry(arguments)
    except SystemExit as end:
        status = end.code
    return status, *capsys.readouterr()


@pytest.fixture
def raising(monkeypatch):
    """Has ``ukd-bench report`` end in an exception."""

    def end_in(problem: BaseException) -> None:
        def run(arguments):
            raise problem

        monkeypatch.setattr(COMMANDS['report'], 'run', run)

    return end_in


def test_without_arguments_it_explains_itself(capsys):
    status, text, _ = ended(capsys)
    assert status == 0
    assert text == ended(capsys, '--help')[1] and all(f'\n    {name} ' in text for name in COMMANDS)


@pytest.mark.parametrize('room', ['data', 'knowledge', 'measure', 'results'])
def test_a_room_without_a_command_explains_itself(room, capsys):
    status, text, _ = ended(capsys, room)
    assert status == 0 and text.startswith(f'usage: ukd-bench {room} ')
    assert all(f'\n    {name} ' in text for name in COMMANDS[room].commands)


def test_version(capsys):
    assert ended(capsys, '--version')[:2] == (0, f'ukd-bench {__version__}\n')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['sweeep'], "unknown command 'sweeep'; did you mean 'sweep'? (see ukd-bench --help)"),
        (
            ['data', 'chekc'],
            "unknown command 'chekc'; did you mean 'check'? (see ukd-bench data --help)",
        ),
        (
            ['data', 'xyz'],
            "unknown command 'xyz'; there are make, check, flow, cache, pixels (see ukd-bench data "
            '--help)',
        ),
        (
            ['report', 'x'],
            'one of the arguments --out --findings is required (see ukd-bench report',
        ),
    ],
)
def test_mistakes_are_one_line_that_says_where_to_look(arguments, message, capsys):
    status, text, complaint = ended(capsys, *arguments)
    assert (status, text) == (2, '')
    assert complaint.startswith(f'error: {message}') and complaint.count('\n') == 1


def test_every_room_has_a_door():
    # The rooms of reports and of results have a door each, which leads elsewhere.
    assert DOORS.keys() == COMMANDS.keys() - {'leaderboard', 'status'}


@pytest.mark.parametrize('command', DOORS)
def test_a_door_has_its_own_name_and_leads_to_the_command(command, capsys):
    entry = import_module(f'ukd_bench.{DOORS[command]}.__main__').main
    status, text, _ = ended(capsys, '--help', entry=entry)
    name = f'python -m ukd_bench.{DOORS[command]}'
    assert status == 0 and text.startswith(f'usage: {name} ')
    complaint = ended(capsys, '--no-such-option', entry=entry)[2]
    assert complaint.startswith('error: ') and f'(see {name} --help)' in complaint
    # What it explains is the same but for the name.
    assert f'  {name} ' in text


def test_a_users_mistake_is_one_line_and_status_2(raising, capsys):
    raising(ConfigError('name = 3 is no name'))
    answer = ended(capsys, 'report', 'results', '--out', 'page')
    assert answer == (2, '', 'error: name = 3 is no name\n')


def test_an_interrupt_is_one_line_and_status_130(raising, capsys):
    raising(KeyboardInterrupt())
    status, _, complaint = ended(capsys, 'report', 'results', '--out', 'page')
    assert status == 130
    assert complaint == 'interrupted; what is finished is kept, the same command goes on\n'


class Interrupting:
    """Has Python be interrupted where it looks for the commands."""

    def find_spec(self, name, path=None, target=None):
        if name == 'ukd_bench.cli.commands':
            raise KeyboardInterrupt


@pytest.mark.parametrize('room', [None, *DOORS.values()])
def test_an_interrupt_while_all_is_imported_is_one_line_too(room, monkeypatch, capsys):
    entry = main if room is None else import_module(f'ukd_bench.{room}.__main__').main
    monkeypatch.delitem(sys.modules, 'ukd_bench.cli.commands')
    monkeypatch.setattr(sys, 'meta_path', [Interrupting(), *sys.meta_path])
    assert ended(capsys, '--help', entry=entry) == (
        130,
        '',
        'interrupted; what is finished is kept, the same command goes on\n',
    )


def test_a_door_imports_nothing_before_it_can_be_interrupted():
    script = """
import sys
before = {*sys.modules}
import ukd_bench.cli.main
print(sorted(name for name in {*sys.modules} - before if name.startswith('ukd_bench')))
"""
    done = subprocess.run(
        [sys.executable, '-c', script], env=dict(os.environ, PYTHONPATH=str(REPOSITORY)),
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "['ukd_bench', 'ukd_bench.cli', 'ukd_bench.cli.main']\n", done.stderr


def test_a_defect_is_not_hidden(raising):
    raising(ZeroDivisionError('a defect'))
    with pytest.raises(ZeroDivisionError, match='a defect'):
        main(['report', 'results', '--out', 'page'])


SLOW = """
import sys, time
from ukd_bench.cli.commands import COMMANDS
from ukd_bench.cli.main import main

def run(arguments):
    print('begun', flush=True)
    time.sleep(60)

COMMANDS['report'].run = run
sys.exit(main(['report', 'results', '--out', 'page']))
"""


@pytest.mark.parametrize('sent', [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_is_told_to_stop_ends_in_order(sent):
    process = subprocess.Popen(
        [sys.executable, '-c', SLOW],
        env=dict(os.environ, PYTHONPATH=str(REPOSITORY)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests in the background have it ignored, and children with them.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline() == 'begun\n'
    process.send_signal(sent)
    complaint = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert complaint.startswith('interrupted; ') and complaint.count('\n') == 1


@pytest.mark.parametrize('arguments', [['--help'], ['sweep', '--help'], []])
def test_output_that_nobody_reads_is_no_defect(arguments):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, '-m', 'ukd_bench', *arguments],
        env=dict(os.environ, PYTHONPATH=str(REPOSITORY), PYTHONUNBUFFERED=''),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, '')


def test_the_script_of_an_installed_package_is_this_command():
    import tomllib

    project = tomllib.loads((REPOSITORY / 'pyproject.toml').read_text())['project']
    assert project['scripts'] == {'ukd-bench': f'{module.__name__}:main'}

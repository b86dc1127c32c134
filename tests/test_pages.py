"""Pages speak of what there is: links, modules, commands, options, methods and verdicts."""

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from ukd_bench.cli import sweep
from ukd_bench.cli.commands import COMMANDS
from ukd_bench.cli.main import PROG
from ukd_bench.cli.parser import Parser, Room
from ukd_bench.methods.table import METHODS, ON_DEMAND
from ukd_bench.report.tables.ways import ways_table
from ukd_bench.results.claims import applying_claims, load_claims
from ukd_bench.results.load_full_size import find_full_size, load_full_size
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.verdicts import evaluate

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / 'ukd_bench'
REFERENCE = ROOT / 'results' / 'reference' / 'darkroom'
GUIDES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'docs').glob('*.md'))]
PAGES = [*GUIDES, ROOT / 'CHANGELOG.md']
BLOCK = re.compile(r'^( *)```(\w*)\n(.*?)^\1```$', re.MULTILINE | re.DOTALL)


def names(paths: list[Path]):
    return pytest.mark.parametrize('page', paths, ids=lambda page: page.stem)


def prose(page: Path) -> str:
    return BLOCK.sub('', page.read_text())


def table_of(text: str, head: str) -> str:
    """The table whose head begins so."""
    return text.split(f'\n{head}', 1)[1].split('\n\n', 1)[0]


# Links


@cache
def anchors(page: Path) -> set[str]:
    """What headings can be linked by, as GitHub makes it of them."""
    heads = re.findall(r'^#+ (.*)$', prose(page), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', head.lower()).strip().replace(' ', '-') for head in heads}


@names(PAGES)
def test_links_lead_somewhere(page):
    links = re.findall(r'\]\(([^)\s]+)\)', prose(page))
    broken = []
    for link in links:
        place, _, anchor = link.partition('#')
        target = page.parent / place if place else page
        if not place.startswith(('https://', 'http://')) and not (
            target.exists() and (not anchor or anchor in anchors(target))
        ):
            broken.append(link)
    assert broken == []


def test_links_are_found():
    assert sum(prose(page).count('](') for page in PAGES) > 80
    assert 'what-makes-a-run-another-one' in anchors(ROOT / 'docs' / 'sweeps.md')


# Modules


@cache
def bound(module: Path) -> set[str]:
    """Names at the top of a module, without importing it."""
    found = set()
    body = ast.parse(module.read_text()).body
    # What is imported for annotations alone counts: a module's `__getattr__` gives it.
    inner = [node for branch in body if isinstance(branch, ast.If) for node in branch.body]
    for node in body + inner:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


@cache
def registered() -> set[str]:
    """What a config names as ``ukd_bench.NAME``."""
    sources = (path.read_text() for path in PACKAGE.rglob('*.py'))
    pattern = r"""^@\w+\.register_module\((?:name='(\w+)'|.*\)\nclass (\w+))"""
    found = (name for source in sources for name in re.findall(pattern, source, re.MULTILINE))
    return {given or own for given, own in found}


def exists(dotted: str) -> bool:
    """Whether ``ukd_bench.…`` is a module, a name in one, or a class that configs name so."""
    place, parts = PACKAGE, dotted.split('.')[1:]
    while parts and ((place / parts[0]).is_dir() or (place / f'{parts[0]}.py').is_file()):
        place /= parts.pop(0)
    module = place / '__init__.py' if place.is_dir() else place.with_suffix('.py')
    if not parts:
        return module.is_file()
    known = bound(module) | (registered() if place == PACKAGE else set())
    return len(parts) == 1 and parts[0] in known


@names(GUIDES)
def test_what_is_named_of_the_package_is_there(page):
    text = page.read_text()
    told = set(re.findall(r'\bukd_bench(?:\.\w+)+', text)) - {'ukd_bench.ROOM'}
    imports = re.findall(r'^from (ukd_bench[\w.]*) import (.+)$', text, re.MULTILINE)
    told |= {f'{module}.{name}' for module, line in imports for name in line.split(', ')}
    assert [name for name in sorted(told) if not exists(name)] == []


@pytest.mark.parametrize('name', ['ARCHITECTURE.md', '../CONTRIBUTING.md'])
def test_what_is_named_by_its_room_is_there(name):
    text = prose(ROOT / 'docs' / name)
    rooms = {path.stem for path in PACKAGE.iterdir()}
    told = [word for word in re.findall(r'`([a-z]+\.[\w.]+)`', text) if word.split('.')[0] in rooms]
    assert told and [word for word in told if not exists(f'ukd_bench.{word}')] == []
    files = re.findall(r'`((?:\w+/)+(?:\w+\.py)?)`', text)
    files = [path for path in files if path.split('/')[0] in rooms and not (ROOT / path).exists()]
    assert [path for path in files if not (PACKAGE / path).exists()] == []


def test_a_name_that_is_not_there_is_found_out():
    assert exists('ukd_bench.knowledge.bank.Bank') and exists('ukd_bench.UKDHook')
    for name in ('ukd_bench.state', 'ukd_bench.distill.Bank', 'ukd_bench.Bank', 'ukd_bench.a.b'):
        assert not exists(name)


def test_the_changelog_tells_where_modules_went():
    table = table_of((ROOT / 'CHANGELOG.md').read_text(), '  | before | now |')
    rows = re.findall(r'^  \| `([\w.]+)` \| `([\w.]+)` \|', table, re.MULTILINE)
    assert rows
    for before, now in rows:
        assert exists(now) and not exists(before)


# Commands


def called(page: Path) -> list[list[str]]:
    """The words of every ``ukd-bench`` command in a page's blocks of code; comments are none."""
    lines = [line for _, _, block in BLOCK.findall(page.read_text()) for line in block.splitlines()]
    lines = [line.strip() for line in lines]
    # With square brackets it is a synopsis.
    lines = [line for line in lines if line.startswith(f'{PROG} ') and '[' not in line]
    return [shlex.split(line, comments=True)[1:] for line in lines]


@names(GUIDES)
def test_commands_can_be_called_so(page):
    parser = Parser.of(PROG, Room('', '', '', COMMANDS))
    for words in called(page):
        parser.parse_args(words)


@names(GUIDES)
def test_commands_within_sentences_are_there(page):
    for text in re.findall(rf'`{PROG} ([^`]+)`', prose(page)):
        commands, words = COMMANDS, text.split()
        while isinstance(commands, dict) and words and words[0] != 'COMMAND':
            assert words[0] in commands, text
            command = commands[words.pop(0)]
            commands = command.commands if isinstance(command, Room) else None
        if commands is None:
            options = Parser.of(PROG, command)._option_string_actions
            assert {word for word in words if word.startswith('--')} <= options.keys(), text


def test_pages_call_commands_by_one_name():
    assert sum(len(called(page)) for page in GUIDES) > 20
    doors = {
        page.name: found
        for page in PAGES
        if (found := re.findall(r'python -m ukd_bench\.\w+', page.read_text()))
    }
    # Two say that this goes on working, one where it leads, and one that it was added.
    assert doors == {
        'README.md': ['python -m ukd_bench.sweep'],
        'sweeps.md': ['python -m ukd_bench.sweep'],
        'ARCHITECTURE.md': ['python -m ukd_bench.ROOM'],
        'CHANGELOG.md': ['python -m ukd_bench.sweep'],
    }


def test_every_option_of_a_sweep_and_its_default():
    text = (ROOT / 'docs' / 'sweeps.md').read_text()
    rows = re.findall(r'^\| `([^`]+)` \| (.*?) \|', table_of(text, '| option |'), re.MULTILINE)
    parser = Parser.of(PROG, sweep)
    actions = [action for action in parser._actions if action.dest != 'help']
    options = {}
    for action in actions:
        value = '' if action.nargs == 0 else action.metavar or action.dest.upper()
        options[' '.join([*action.option_strings, value]).strip()] = action.default
    assert sorted(options) == sorted(option for option, _ in rows)
    for option, told in rows:
        default = options[option]
        if default is None or default is False:
            assert '`' not in told.replace('`data/`', ''), option
            assert (told == 'off') == (default is False), option
        else:
            shown = f'{default:g}' if isinstance(default, float) else str(default)
            assert told == f'`{shown}`', option
    statuses = re.findall(r'^\| (\d+) \|', table_of(text, '| exit status |'), re.MULTILINE)
    listed = sweep.EPILOG.split('exit status:\n')[1]
    assert statuses == [*re.findall(r'(?:^|  )(\d) ', listed.strip()), '130']


# What was found, and how


def test_the_readme_has_the_verdicts_of_the_reference():
    sweep = load_sweep(REFERENCE)
    full_size = load_full_size(find_full_size()).beside(sweep.students).students
    verdicts = evaluate(sweep, load_claims(applying_claims(REFERENCE)), full_size)
    found = {one.id: one for one in verdicts}
    told = re.findall(
        r'^\| ([A-Z]\d) \| .* \| ([A-Z ]+) \| (.*) \|$',
        (ROOT / 'README.md').read_text(),
        re.MULTILINE,
    )
    # Controls may stand in the table, claims must.
    claims = [name for name, one in found.items() if not one.control_of]
    assert [name for name, *_ in told if name in claims] == claims and len(claims) == 6
    for name, verdict, reason in told:
        assert verdict == found[name].verdict, name
        figures = re.findall(r'\d+\.\d+', reason)
        assert figures or verdict == 'INCONCLUSIVE', name
        known = found[name].reason
        # What C1 rests on is a table.
        if table := ways_table([found[name]]):
            known += ' '.join(cell for row in table.rows for cell in row)
        assert all(re.search(rf'\b{one}\b', known) for one in figures), name


def test_the_page_on_methods_has_all_of_them():
    text = (ROOT / 'docs' / 'methods.md').read_text()
    told = re.findall(r'^\| `(\w+)` \|', table_of(text, '| method |'), re.MULTILINE)
    assert sorted(told) == sorted(set(METHODS) - {*ON_DEMAND})

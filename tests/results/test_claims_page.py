"""The page on claims, followed word by word: its claims file and its rule, to the report."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from ukd_bench.results.claims import claims_path, load_claims
from ukd_bench.results.rules import DECIDED_AT, RULES, VERDICTS, Settings

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / 'docs' / 'claims.md').read_text()


def block(kind: str, holding: str) -> str:
    """The one block of code of a kind that holds some text."""
    blocks = re.findall(rf'^```{kind}\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
    (found,) = (text for text in blocks if holding in text)
    return found


def section(title: str) -> str:
    return PAGE.split(f'\n## {title}\n')[1].split('\n## ')[0]


@pytest.fixture
def folder(made_up, tmp_path):
    """A working folder with the page's two files, and made-up results."""
    (tmp_path / 'my_claims.toml').write_text(block('toml', '# my_claims.toml'))
    (tmp_path / 'my_rules.py').write_text(block('python', '# my_rules.py'))
    made_up.MadeUpSweep().write(tmp_path / 'results' / 'quick')
    return tmp_path


@pytest.mark.slow
def test_the_claims_stand_in_the_report(folder):
    _, *words = block('', 'ukd-bench report results/quick').split()
    done = subprocess.run(
        [sys.executable, '-m', 'ukd_bench', *words],
        cwd=folder,
        env=dict(os.environ, PYTHONPATH=str(REPOSITORY)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    shown = block('', '| M1 |').splitlines()
    assert len(shown) == 2
    lines = (folder / 'my_report' / 'report.md').read_text().splitlines()
    assert [line for line in lines if re.match(r'\| M\d \| \*\*', line)] == shown


def test_every_key_and_rule_is_told(folder):
    tables = section('The file').split('Then a table `[[claim]]`')
    top, claim = (re.findall(r'^\| `(\w+)` \|', table, re.MULTILINE) for table in tables)
    assert top == ['schema', 'combine', *(field.name for field in fields(Settings))]
    assert claim == ['id', 'claim', 'rule', 'rule_text', 'regimes', 'control_of']
    rows = re.findall(r'^\| `(\w+)` \| (.*?) \| (.*?) \|', section('The rules'), re.MULTILINE)
    assert rows.pop(0)[0] == 'rule'
    assert [name for name, *_ in rows] == list(RULES)
    for name, *told in rows:
        must, may = (re.findall(r'`(\w+)`', re.sub(r'\(.*?\)', '', one)) for one in told)
        assert must == list(RULES[name].keys), name
        assert may == list(RULES[name].optional), name
    words = re.findall(r'^\| `\'(\w+)\'`', section('Memory at full size'), re.MULTILINE)
    assert tuple(words) == DECIDED_AT
    verdicts = re.findall(r'^\| ([A-Z ]+) \|', section('Verdicts'), re.MULTILINE)
    assert tuple(verdicts) == VERDICTS


def test_the_shipped_file_uses_every_rule():
    used = {claim.rule_name for claim in load_claims(claims_path()).claims}
    assert used == {*RULES}

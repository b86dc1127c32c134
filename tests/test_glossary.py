"""The glossary: its terms are those of code and pages, and its links lead somewhere."""

import re

import pytest

from ukd_bench.data.views.replay import ViewId
from ukd_bench.methods.table import METHODS
from ukd_bench.sweep.executors import EXECUTORS

from .pages import DOCS

TEXT = (DOCS / 'glossary.md').read_text()
TERMS = re.findall(r'^\*\*(.+?)\.?\*\*', TEXT, re.MULTILINE)
LINKS = sorted(set(re.findall(r'\]\(([^)]+)\)', TEXT)))


def entry(term: str) -> str:
    """What is said of a term."""
    (text,) = re.findall(
        rf'^\*\*{term}\.?\*\*(.*?)(?=^\*\*|^## |\Z)', TEXT, re.MULTILINE | re.DOTALL
    )
    return text


def test_what_one_must_know_is_there():
    wanted = (
        'View, View seed, Rendering, Pool, Knowledge bank, Assembly rule, Knowledge source, '
        'Target, Cell, Key, Execution fingerprint, Run, Sweep, Teacher, Student, Ensemble, '
        'Selection rule, Protocol, Regime, Executor'
    )
    assert {*wanted.split(', ')} <= {*TERMS} and len(TERMS) == len({*TERMS})


@pytest.mark.parametrize('term', TERMS)
def test_an_entry_is_short(term):
    sentences = re.split(r'[.:]\s', entry(re.escape(term)).partition('[More]')[0])
    assert 1 <= len([s for s in sentences if len(s) > 20]) <= 5


@pytest.mark.parametrize('link', LINKS)
def test_a_link_leads_to_a_heading(link):
    page, _, heading = link.partition('#')
    headings = [
        re.sub(r'[^\w -]', '', title.lower()).replace(' ', '-')
        for title in re.findall(r'^#+ (.+)$', (DOCS / page).read_text(), re.MULTILINE)
    ]
    assert headings and (not heading or heading in headings)


def test_its_facts_are_those_of_the_code():
    assert 'view seed, view index, sample index' in entry('Address')
    assert ViewId._fields == ('seed', 'view', 'sample')
    named = re.search(r'One way to train: (\w+), (\w+), (\w+) and', entry('Method')).groups()
    assert {*named} <= {*METHODS}
    assert 'on this machine' in entry('Executor') and {'local'} <= {*EXECUTORS}

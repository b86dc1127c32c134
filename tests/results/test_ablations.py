"""The page on ablations holds to the records, and every ablation is on it."""

import re

import pytest

from ukd_bench.files.configs import configs_root

from .ablations import BLOCK, FOLDER, PAGE, table

CONFIGS = {path.stem for path in (configs_root() / 'sweeps' / 'ablations').glob('*.py')}
NUMBER = re.compile(r'[+−]?\d[\d,]*(?:\.\d+)?')


def sections():
    """Names of ablations, what is written under their heading, and their table."""
    text = PAGE.read_text()
    parts = re.split(r'^## ', text, flags=re.MULTILINE)[1:]
    for part in parts:
        found = BLOCK.search(part)
        words = BLOCK.sub('', part)
        yield found[2], words, found[3]


def test_every_ablation_has_records_and_is_on_the_page():
    names = [name for names, *_ in sections() for name in names.split()]
    assert sorted(names) == sorted(path.name for path in FOLDER.iterdir())
    assert {*names} == CONFIGS - {'common'}


@pytest.mark.parametrize(('names', 'words', 'shown'), [*sections()], ids=lambda one: one[:20])
def test_tables_are_those_of_the_records(names, words, shown):
    assert shown == table(names)
    # Whatever is said with a decimal is in the table.
    told = {number for number in NUMBER.findall(words) if '.' in number}
    assert told and told <= {*NUMBER.findall(shown)}, told - {*NUMBER.findall(shown)}

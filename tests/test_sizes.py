"""Sizes with a unit, and cards by name."""

import re
from pathlib import Path

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.sizes import CARDS, GIB, parse_size


@pytest.mark.parametrize(
    ('text', 'size'),
    [
        ('11GiB', 11 * 2**30),
        ('24GB', 24 * 10**9),
        ('512MiB', 512 * 2**20),
        ('1.5 gib', 3 * 2**29),
        ('0.5TB', 5 * 10**11),
        ('rtx2080ti', round(10.76 * GIB)),
        ('A100-80GB', round(79.25 * GIB)),
    ],
)
def test_taken(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ('text', 'complaint'),
    [
        ('24', "'24' has no unit: 24GiB is 24 x 2**30 bytes, 24GB 24 x 10**9"),
        ('24 parsecs', "'24 parsecs': unit 'parsecs' is none of MB, GB, TB, MiB, GiB, TiB"),
        ('0GiB', "'0GiB' is no memory at all"),
        ('-1GiB', "'-1GiB' is not a size like 11GiB or 24GB, or a card: rtx2080ti, "),
        ('', "'' is not a size like 11GiB or 24GB, or a card: rtx2080ti, "),
        ('nanGiB', "'nanGiB' is not a size like"),
        ('rtx309', "'rtx309' is not a size like"),
    ],
)
def test_refused(text, complaint):
    with pytest.raises(ConfigError) as caught:
        parse_size(text)
    line = str(caught.value)
    assert line.startswith(complaint) and '\n' not in line
    assert ("did you mean 'rtx3090'?" in line) == (text == 'rtx309')


def test_a_long_word_is_cut():
    with pytest.raises(ConfigError) as caught:
        parse_size('9' * 10_000)
    assert len(str(caught.value)) < 400


def test_no_card_has_more_than_its_box_says():
    said = {'rtx2080ti': 11, 't4': 16, 'v100': 16, 'v100-32gb': 32, 'rtx3090': 24, 'rtx4090': 24}
    said |= {'rtx5090': 32, 'a100': 40, 'a100-80gb': 80, 'h100': 80, 'h200': 141}
    assert said.keys() == CARDS.keys()
    assert all(0.9 * said[card] < gib < said[card] for card, gib in CARDS.items())


def test_the_page_has_every_card():
    page = (Path(__file__).parents[1] / 'docs' / 'sweeps.md').read_text()
    told = re.findall(r'`([\w-]+)` \| (\d+\.\d\d) \|', page)
    assert {name: float(gib) for name, gib in told} == CARDS

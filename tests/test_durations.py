"""Lengths of time with a unit."""

import pytest

from ukd_bench.durations import duration_text, parse_duration
from ukd_bench.errors import ConfigError


@pytest.mark.parametrize(
    ('text', 'seconds'),
    [
        ('90s', 90),
        ('45min', 2700),
        ('2h', 7200),
        ('1.5d', 129600),
        ('1h30min', 5400),
        ('1 h 30 min', 5400),
    ],
)
def test_taken(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize('text', ['', '2', '2 hours', '-2h', 'h', '2h3', 'nans', '1e3s', '2m'])
def test_refused(text):
    with pytest.raises(ConfigError) as caught:
        parse_duration(text)
    message = f'{text!r} is not a length of time like 2h, 90min or 1h30min (units: s, min, h, d)'
    assert str(caught.value) == message


def test_nothing_is_no_limit():
    with pytest.raises(ConfigError, match=r"^'0h 0 min' is no time at all$"):
        parse_duration('0h 0 min')


def test_a_long_word_is_cut():
    with pytest.raises(ConfigError) as caught:
        parse_duration('9' * 10_000)
    assert len(str(caught.value)) < 300


def test_what_is_written():
    told = [duration_text(seconds) for seconds in (12.34, 245, 7620)]
    assert told == ['12.3 s', '4 min 05 s', '2 h 07 min']

"""Values of options: what is taken, and what is said of the rest."""

import argparse
from pathlib import Path

import pytest

from ukd_bench.cli import values


@pytest.mark.parametrize(
    ('parse', 'text', 'value'),
    [
        (values.count(1), '12', 12),
        (values.number('of GiB'), '0', 0.0),
        (values.number('of GiB', positive=True), '2.5', 2.5),
        (values.size, '96x72', (96, 72)),
        (values.words, 'plain, ukd', ['plain', 'ukd']),
        (values.numbers(1), '1, 2,4', [1, 2, 4]),
        (values.one_of(lambda: ['a', 'b']), 'b', 'b'),
        (values.named_path, '.', Path()),
        (values.memory_size, '11GiB', 11 * 2**30),
        (values.duration, '1h30min', 5400.0),
        (values.memory_size, 'h100', round(79.11 * 2**30)),
    ],
)
def test_taken(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ('parse', 'text', 'complaint'),
    [
        (values.named_path, '', "'' is no path; the working folder is ."),
        (values.count(1), '0', "'0' is not a whole number of at least 1"),
        (values.count(0), '-1', "'-1' is not a whole number of at least 0"),
        (values.count(0), '1.5', "'1.5' is not a whole number of at least 0"),
        (values.number('of GiB'), 'inf', "'inf' is not a number of GiB"),
        (values.number('of seconds'), 'soon', "'soon' is not a number of seconds"),
        (values.number('of GiB', positive=True), '0', "'0' is not a positive number of GiB"),
        (values.size, '96', "'96' is not of the form 96x72"),
        (
            values.memory_size,
            '24',
            "'24' has no unit: 24GiB is 24 x 2**30 bytes, 24GB 24 x 10**9",
        ),
        (values.words, 'a,,b', "'a,,b' is not a list like a,b"),
        (values.numbers(1), '0,1', "'0,1' is not a list like 1,2,4 of numbers of at least 1"),
        (values.numbers(0), 'a', "'a' is not a list like 1,2,4 of numbers of at least 0"),
        (
            values.one_of(lambda: ['a', 'b']),
            'c',
            "invalid choice: 'c' (choose from 'a', 'b')",
        ),
    ],
)
def test_refused(parse, text, complaint):
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        parse(text)
    assert str(caught.value) == complaint


def test_names_are_asked_for_only_where_there_is_a_value():
    asked = []
    parser = argparse.ArgumentParser()
    parser.add_argument('--kind', type=values.one_of(lambda: asked.append(1) or ['a']))
    parser.parse_args([])
    assert not asked
    assert parser.parse_args(['--kind', 'a']).kind == 'a' and asked

"""What values of JSON files must be."""

import math

import pytest

from ukd_bench.files import schema

GIVEN = schema.table(
    dict(kind=schema.one_of('a', 1), sizes=schema.list_of(schema.positive)),
    dict(by_name=schema.map_of(schema.maybe(schema.fraction)), where=schema.place),
    others=None,
)
RIGHT = dict(kind='a', sizes=[1, 2])


@pytest.mark.parametrize(
    ('change', 'misfit'),
    [
        (dict(), None),
        (dict(by_name={'x': None, 'y': 0.5}, where='a/b.c'), None),
        (dict(kind=1), None),
        (dict(kind=True), 'kind is True, not one of a, 1'),
        (dict(kind=1.0), 'kind is 1.0, not one of a, 1'),
        (dict(sizes={}), 'sizes is {}, not a list'),
        (dict(sizes=[1, 0]), 'sizes[1] is 0, not a positive whole number'),
        (dict(sizes=[True]), 'sizes[0] is True, not a positive whole number'),
        (dict(sizes=[2**63]), 'sizes[0] is 9223372036854775808, not a positive whole number'),
        (dict(by_name=None), 'by_name is None, not an object'),
        (dict(by_name={'x': math.nan}), 'by_name.x is nan, not a fraction'),
        (dict(by_name={'': 0}), "a key of by_name is '', not a line of text"),
        (dict(by_name={'a\nb': 0}), "a key of by_name is 'a\\nb', not a line of text"),
        (dict(where=''), "where is '', not a path"),
        (dict(where='a\0b'), "where is 'a\\x00b', not a path"),
        (dict(more=1), "key 'more' does not exist"),
    ],
)
def test_the_first_misfit_is_named(change, misfit):
    assert schema.first_misfit(GIVEN, RIGHT | change) == misfit


def test_absent_keys_and_other_types_are_named():
    assert schema.first_misfit(GIVEN, dict(kind='a')) == "key 'sizes' is absent"
    assert schema.first_misfit(GIVEN, [1]) == 'no JSON object'
    inner = schema.table(dict(a=schema.table(dict(b=schema.flag))))
    assert schema.first_misfit(inner, dict(a=dict())) == "key 'a.b' is absent"


def test_a_message_is_short_whatever_the_names_are():
    found = schema.first_misfit(schema.map_of(schema.flag), {'x' * 10**6: ['y' * 10**6] * 10})
    assert found is not None and len(found) < 300
    for name, value in (('by_name', {'x': 10**400}), ('where', 'x' * 256), ('kind', 'x' * 10**6)):
        found = schema.first_misfit(GIVEN, RIGHT | {name: value})
        assert found is not None and found.startswith(name) and len(found) < 150


@pytest.mark.parametrize(
    ('hint', 'right', 'wrong'),
    [
        (str, 'a', 1),
        (int, 0, -1),
        (bool, False, 0),
        (float, 0.5, '1'),
        (str | None, None, 2),
        (tuple[str, ...], ['a'], 'a'),
        (dict[str, int], {'a': 1}, {'a': 'b'}),
    ],
)
def test_annotations_become_checks(hint, right, wrong):
    check = schema.of_types({'it': hint})
    assert schema.first_misfit(check, {'it': right}) is None
    assert schema.first_misfit(check, {'it': wrong}).startswith(('it is', 'it.a is'))
    assert schema.first_misfit(check, {}) == "key 'it' is absent"

"""What errors tell those who catch them."""

import errno
import itertools
import os

import pytest

from ukd_bench.errors import BankError, ResultsError, is_unreadable


def caused_by(*causes):
    """The last of several errors, each raised from the one before."""
    for cause, error in itertools.pairwise(causes):
        error.__cause__ = cause
    return causes[-1]


def of_system(number):
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize('number', [errno.EIO, errno.EACCES, errno.ESTALE])
def test_what_is_there_and_cannot_be_read(number):
    assert is_unreadable(caused_by(of_system(number), ResultsError('a')))
    assert is_unreadable(caused_by(of_system(number), ResultsError('a'), BankError('b')))


@pytest.mark.parametrize(
    'cause', [of_system(errno.ENOENT), of_system(errno.EISDIR), ValueError('not JSON')]
)
def test_what_is_absent_or_something_else(cause):
    assert not is_unreadable(caused_by(cause, ResultsError('a')))
    assert not is_unreadable(caused_by(cause, ResultsError('a'), BankError('b')))
    assert not is_unreadable(ResultsError('a'))

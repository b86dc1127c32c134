"""What every check of a user's values needs: what is a number, and which word was meant."""

import difflib
from collections.abc import Iterable
from numbers import Real
from typing import Any


def is_a(value: Any, *kinds: type) -> bool:
    """Whether a value is of one of these types; True and False are of none."""
    # A bool is an int to Python, and never meant as one.
    return isinstance(value, kinds) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is a real number, NaN and the infinite ones included."""
    return is_a(value, Real)


def did_you_mean(word: Any, known: Iterable[str]) -> str:
    """Ends a complaint about a word with one that may have been meant.

    Args:
        word: What was given in place of a known word.
        known: The words that there are.

    Returns:
        ``; did you mean 'x'?``, or an empty string where no known word is near.
    """
    near = difflib.get_close_matches(str(word), known, n=1)
    return f'; did you mean {near[0]!r}?' if near else ''

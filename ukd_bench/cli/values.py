"""Parsers of options' values: each says in half a line why a value cannot be used."""

import argparse
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from ..durations import parse_duration
from ..errors import ConfigError
from ..sizes import parse_size


def named_path(text: str) -> Path:
    """A path. An empty one, as an unset variable leaves it, would be the working folder."""
    if not text:
        raise argparse.ArgumentTypeError(f'{text!r} is no path; the working folder is .')
    return Path(text)


def count(least: int) -> Callable[[str], int]:
    """A parser of whole numbers of at least ``least``."""

    def parse(text: str) -> int:
        if not re.fullmatch(r'\d+', text) or int(text) < least:
            raise argparse.ArgumentTypeError(f'{text!r} is not a whole number of at least {least}')
        return int(text)

    return parse


def number(of_what: str, positive: bool = False) -> Callable[[str], float]:
    """A parser of a finite number that is not negative, or is above zero.

    Args:
        of_what: How the complaint goes on after "a number", such as ``of seconds``.
        positive: Whether zero is refused.
    """

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value < float('inf') or (positive and not value):
            kind = 'a positive number' if positive else 'a number'
            raise argparse.ArgumentTypeError(f'{text!r} is not {kind} {of_what}')
        return value

    return parse


def size(text: str) -> tuple[int, int]:
    """Width and height from ``WxH``."""
    match = re.fullmatch(r'(\d+)x(\d+)', text)
    if not match:
        raise argparse.ArgumentTypeError(f'{text!r} is not of the form 96x72')
    return int(match[1]), int(match[2])


def duration(text: str) -> float:
    """Seconds of a length of time with units, see :func:`..durations.parse_duration`."""
    try:
        return parse_duration(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def memory_size(text: str) -> int:
    """Bytes of a size with a unit, or of a card by its name, see :func:`..sizes.parse_size`."""
    try:
        return parse_size(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def memory_sizes(text: str) -> list[tuple[str, int]]:
    """Sizes of memory from ``11GiB,rtx3090``, each as it was written and in bytes."""
    return [(word, memory_size(word)) for word in words(text)]


def clip(text: str) -> tuple[int, int, int]:
    """Frames, height and width from ``TxHxW``."""
    match = re.fullmatch(r'([1-9]\d{0,4})x([1-9]\d{0,4})x([1-9]\d{0,4})', text)
    if not match:
        raise argparse.ArgumentTypeError(f'{text!r} is not of the form 32x112x112')
    return int(match[1]), int(match[2]), int(match[3])


def words(text: str) -> list[str]:
    """Words from ``a,b``."""
    found = [word.strip() for word in text.split(',')]
    if not all(found):
        raise argparse.ArgumentTypeError(f'{text!r} is not a list like a,b')
    return found


def numbers(least: int) -> Callable[[str], list[int]]:
    """A parser of lists like ``1,2,4`` of whole numbers of at least ``least``."""

    def parse(text: str) -> list[int]:
        found = [word.strip() for word in text.split(',')]
        if not all(re.fullmatch(r'\d+', word) and int(word) >= least for word in found):
            raise argparse.ArgumentTypeError(
                f'{text!r} is not a list like 1,2,4 of numbers of at least {least}'
            )
        return [int(word) for word in found]

    return parse


def one_of(names: Callable[[], Iterable[str]]) -> Callable[[str], str]:
    """A parser of one of some names, which are asked for only where there is a value to parse.

    For names that are known to modules that take long to import.
    """

    def parse(text: str) -> str:
        choices = list(names())
        if text not in choices:
            listed = ', '.join(map(repr, choices))
            raise argparse.ArgumentTypeError(f'invalid choice: {text!r} (choose from {listed})')
        return text

    return parse

"""What the subcommands' parsers share."""

import argparse
import re
from collections.abc import Callable


def count(name: str, least: int) -> Callable[[str], int]:
    """A parser of whole numbers of at least ``least``, for the option ``name``."""

    def parse(text: str) -> int:
        if not re.fullmatch(r'\d+', text) or int(text) < least:
            raise argparse.ArgumentTypeError(f'{text!r} is not a whole number of at least {least}')
        return int(text)

    return parse


def size(text: str) -> tuple[int, int]:
    """Width and height from ``WxH``."""
    match = re.fullmatch(r'(\d+)x(\d+)', text)
    if not match:
        raise argparse.ArgumentTypeError(f'{text!r} is not of the form 96x72')
    return int(match[1]), int(match[2])

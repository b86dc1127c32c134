"""What tests read in the pages of the documentation."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / 'docs'


def code_of(page: str, begin: str) -> str:
    """The one block of code on a page that begins so.

    Args:
        page: Name of a file in ``docs``.
        begin: Its first words.
    """
    blocks = re.findall(r'^```\w*\n(.*?)^```$', (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if block.startswith(begin))
    return found


def rows_of(page: str, heading: str) -> dict[str, list[str]]:
    """The rows of the tables under one heading, by their first cell without its backticks."""
    text = (DOCS / page).read_text()
    (part,) = re.findall(
        rf'^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)', text, re.MULTILINE | re.DOTALL
    )
    rows = [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in part.splitlines()
        if line.startswith('| `')
    ]
    return {first.strip('`'): others for first, *others in rows}

"""Mangles the files of a sweep at random: ``python -m tests.fuzz --minutes 10``.

Whatever is changed, readers tell a person in one short line or carry on. A failure prints the
number that repeats it: ``--only NUMBER``.
"""

import argparse
import copy
import json
import random
import shutil
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ukd_bench.errors import quoted
from ukd_bench.files.hashes import sealed

from .sweep import whole_sweep

ABSENT = object()
"""Stands for a value that is removed."""
DEEP = '[' * 100_000
LONG = 'x' * 100_000
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        -1,
        0,
        1,
        2**63,
        10**300,
        1e308,
        5e-324,
        -0.5,
        '',
        'a',
        '..',
        '/etc',
        LONG,
    ),
    *('\ud800', '\x00', '\n', '[/b]', 'A$$AP', '|<b>`', [], {}, [[]], [None], {'': None}, {'a': 1}),
    *(['a', 'a'], {LONG: {}}, float('nan'), float('inf')),
)
"""What takes the place of a value."""
CONTENTS = (
    *(b'', b'{}', b'[]', b'null', b'0', b'"a"', b'\xff\xfe', DEEP.encode(), b'{"a": 1e400}'),
    *(b'{"schema": 2}', b'PK\x03\x04', b'\x93NUMPY'),
)
"""What takes the place of a whole file."""
SEALED = ('record.json', 'plan.json')
"""Names of the files that hold a digest of themselves."""


def leaves(content: Any, *place: str | int) -> Iterator[tuple[str | int, ...]]:
    """The places of all values in a file's content, of those that hold others as well."""
    if place:
        yield place
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in items if isinstance(content, (dict, list)) else ():
        if isinstance(value, (dict, list)):
            yield from leaves(value, *place, key)
        else:
            yield (*place, key)


def mangled(content: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """A copy with another value at a place, or with none where it is ``ABSENT``."""
    copied = copy.deepcopy(content)
    inner = copied
    for key in place[:-1]:
        inner = inner[key]
    if value is ABSENT:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return copied


def write(path: Path, content: Any) -> None:
    """Writes a file's content, with the digest that a careful forger would give it."""
    if path.name in SEALED and isinstance(content, dict):
        try:
            content = sealed(content)
        # What JSON has no words for has no digest.
        except ValueError:
            content = {**content, 'digest': ''}
    path.write_text(json.dumps(content))


def mangle(root: Path, rng: random.Random) -> str:
    """Changes some file of a sweep, and returns what was done to it."""
    files = sorted(path for path in root.rglob('*') if path.is_file())
    path = rng.choice(files)
    kind = rng.random()
    if path.suffix != '.json' or kind < 0.2:
        return f'{path}: {_mangle_bytes(path, rng)}'
    content = json.loads(path.read_text())
    done = []
    for _ in range(rng.choice((1, 1, 2, 4))):
        place = _place(content, rng)
        if not place:
            break
        value = ABSENT if rng.random() < 0.2 else rng.choice(VALUES)
        content = mangled(content, place, value)
        done.append(f'{place} = {quoted(value)}')
    write(path, content)
    return f'{path}: {"; ".join(done)}'


def _place(content: Any, rng: random.Random) -> tuple[str | int, ...]:
    """The place of a value in a file's content; none of its parts is chosen for being larger."""
    place: tuple[str | int, ...] = ()
    while isinstance(content, (dict, list)) and content and (not place or rng.random() < 0.9):
        key = rng.choice([*content] if isinstance(content, dict) else range(len(content)))
        place, content = (*place, key), content[key]
    return place


def _mangle_bytes(path: Path, rng: random.Random) -> str:
    content = bytearray(path.read_bytes())
    kind = rng.choice(('whole', 'cut', 'flipped', 'folder', 'absent'))
    if kind == 'whole':
        content = bytearray(rng.choice(CONTENTS))
    elif kind == 'cut':
        del content[rng.randrange(len(content) + 1) :]
    elif kind == 'flipped' and content:
        for _ in range(rng.choice((1, 8))):
            content[rng.randrange(len(content))] = rng.randrange(256)
    path.unlink()
    if kind == 'folder':
        path.mkdir()
    elif kind != 'absent':
        path.write_bytes(content)
    return kind


def attempt(whole: Path, number: int, drawn: bool) -> str | None:
    """Mangles a copy by a number, and has everything read it.

    Returns:
        What was done and what came of it, where that was no line for a person.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(whole, Path(folder, 'results')))
        done = mangle(root, random.Random(number))
        try:
            whole_sweep.read_all(root, Path(folder), drawn)
        # Anything may come of it: that is what is looked for.
        except Exception:
            return f'{done}\n{traceback.format_exc()}'
    return None


def fuzz(seconds: float, numbers: Iterator[int], drawn: bool) -> tuple[int, list[str]]:
    """Makes attempts for some seconds; returns how many, and what went wrong in them."""
    ends, made, wrong = time.monotonic() + seconds, 0, []
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, 'results')
        whole_sweep.write(whole)
        for number in numbers:
            if time.monotonic() > ends and made:
                break
            made += 1
            if found := attempt(whole, number, drawn):
                wrong.append(f'--only {number}: {found}')
    return made, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--minutes', type=float, default=10)
    parser.add_argument('--first', type=int, default=0, help='number of the first attempt')
    parser.add_argument('--only', type=int, help='number of the only attempt')
    given = parser.parse_args()
    only = None if given.only is None else [given.only]
    numbers = iter(only or range(given.first, given.first + 10**9))
    made, wrong = fuzz(60 * given.minutes, numbers, drawn=True)
    print(*wrong, f'{made} attempts, {len(wrong)} of them wrong', sep='\n')
    return int(bool(wrong))


if __name__ == '__main__':
    raise SystemExit(main())

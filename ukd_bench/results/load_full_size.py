"""Reads figures of memory at full size, as ``ukd-bench measure memory`` writes them."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..errors import ResultsError
from ..files import schema
from ..files.atomic import read_json
from ..files.configs import configs_root
from ..files.hashes import file_sha256
from .full_size import (
    DONE,
    EVAL,
    FAILED,
    FILL,
    OUT_OF_MEMORY,
    PARTS,
    TRAIN,
    Figure,
    FullSize,
    FullSizeStudent,
    Setting,
    Source,
)

KIND = 'memory'
_FIGURES = (
    *('allocated_peak_bytes', 'reserved_peak_bytes', 'process_peak_bytes'),
    'workspace_bound_bytes',
)

_SETTING = schema.table(
    dict(
        student=schema.name,
        title=schema.maybe(schema.name),
        batch_size=schema.positive,
        device=schema.name,
        precision=schema.name,
        clip=schema.list_of(schema.positive),
        parameters=schema.positive,
        teacher_kinds=schema.list_of(schema.name),
        teacher_bytes=schema.maybe(schema.positive),
    )
)
_ROW = schema.table(
    dict(
        method=schema.name,
        num_teachers=schema.whole,
        phase=schema.one_of(TRAIN, EVAL, FILL),
        predicted=schema.flag,
        status=schema.one_of(DONE, OUT_OF_MEMORY, FAILED),
        breakdown=schema.maybe(schema.table(dict.fromkeys(PARTS, schema.whole), others=None)),
        **dict.fromkeys(_FIGURES, schema.maybe(schema.whole)),
    ),
    dict(teacher=schema.maybe(schema.name)),
)
_DEVICE = schema.table({}, dict(name=schema.maybe(schema.line)))
_FILE = schema.table(
    dict(
        schema=schema.one_of(1),
        command=schema.name,
        environment=schema.table({}, dict(device=schema.maybe(_DEVICE))),
        setting=_SETTING,
        rows=schema.list_of(_ROW),
    )
)


def find_full_size(given: Path | None = None) -> Path | None:
    """The folder of figures at full size: one that is named, or else that of the clone.

    Returns:
        None where none is named and none comes with the suite.
    """
    if given is not None:
        return given
    shipped = configs_root().parent / 'results' / 'reference' / KIND
    return shipped if shipped.is_dir() else None


def load_full_size(folder: Path | None) -> FullSize:
    """Reads the files ``*.json`` of a folder that are of the kind ``memory``.

    Args:
        folder: The folder; None for none.

    Raises:
        ResultsError: the folder is absent, or a file cannot be used; it names file and key.
    """
    if folder is None:
        return FullSize()
    if not folder.is_dir():
        raise ResultsError(f'{folder}: no such folder of figures at full size')
    figures: dict[Setting, list[Figure]] = {}
    sources = []
    for path in sorted(folder.glob('*.json')):
        content = read_full_size(path)
        if content is None:
            continue
        mine = figures.setdefault(_setting(content['setting']), [])
        for index, row in enumerate(content['rows']):
            one = _figure(row, f'{path}: rows[{index}]')
            if any(_cell(one) == _cell(other) for other in mine):
                raise ResultsError(f'{path}: rows[{index}] is of a cell that was there before')
            mine.append(one)
        device = (content['environment'].get('device') or {}).get('name') or 'an unnamed device'
        sources.append(Source(path.name, file_sha256(path), content['command'], device))
    return FullSize(_named(figures), tuple(sources))


def read_full_size(path: Path) -> dict[str, Any] | None:
    """A file's content, checked; None where it is of another kind.

    Raises:
        ResultsError: it cannot be read or used; the message names file and key.
    """
    content = read_json(path)
    kind = schema.table(dict(kind=schema.name))
    misfit = schema.first_misfit(kind, content)
    if misfit is None:
        if content['kind'] != KIND:
            return None
        misfit = schema.first_misfit(_FILE, content)
    if misfit is not None:
        raise ResultsError(f'{path}: {misfit}')
    found: dict[str, Any] = content
    return found


def _setting(given: Mapping[str, Any]) -> Setting:
    told: dict[str, Any] = {one.name: given[one.name] for one in fields(Setting)}
    lists = {key: tuple(told[key]) for key in ('clip', 'teacher_kinds')}
    return Setting(**told | lists)


def _figure(row: Mapping[str, Any], where: str) -> Figure:
    told: dict[str, Any] = {one.name: row.get(one.name) for one in fields(Figure)}
    figure = Figure(**told)
    peak, parts = figure.allocated_peak_bytes, figure.breakdown
    if (figure.status == DONE) != (peak is not None):
        raise ResultsError(f'{where}.allocated_peak_bytes is {peak}, and status {figure.status}')
    if peak == 0:
        raise ResultsError(f'{where}.allocated_peak_bytes is 0')
    if parts is not None and sum(parts.values()) != peak:
        total = sum(parts.values())
        raise ResultsError(f'{where}.breakdown adds up to {total}, not to the peak of {peak}')
    return figure


def _cell(figure: Figure) -> tuple[Any, ...]:
    place = figure.method, figure.num_teachers, figure.phase
    return (*place, figure.teacher, figure.predicted)


def _named(figures: Mapping[Setting, list[Figure]]) -> tuple[FullSizeStudent, ...]:
    names = [setting.name for setting in figures]
    made = []
    for index, (setting, mine) in enumerate(figures.items()):
        number = names[:index].count(setting.name) + 1
        several = names.count(setting.name) > 1
        name = f'{setting.name} (setting {number})' if several else setting.name
        made.append(FullSizeStudent(name, setting, tuple(mine)))
    return tuple(made)

"""Whose memory ``ukd-bench measure memory`` is asked about, from its options."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError, quoted
from ...methods.table import FLOOR, METHOD_TABLE

if TYPE_CHECKING:
    from ...measure.memory.rehearsal.subject import Subject
    from ...sweep.config import Axes

SWEEP = 'arid_v1'
"""The sweep whose students and teachers have a name here, unless another is asked for."""
STUDENT = 'r2plus1d-r34'
"""Of them the one that is asked about, unless others are."""
ALL = 'all'


def subjects(arguments: argparse.Namespace) -> 'list[Subject]':
    """The students that the options name, each with its teachers.

    Raises:
        ConfigError: there is no such student, or no such config.
    """
    from ...measure.memory.rehearsal.subject import Subject
    from ...methods.config_files import find_config_by_path

    asked = _of_sweep(arguments.sweep, arguments.student) if not arguments.config else []
    if arguments.config:
        asked.append((arguments.config, None, [_filled(arguments.config, FLOOR)]))
    found = []
    for template, name, own_pool in asked:
        pool = arguments.pool or [str(find_config_by_path(path) or path) for path in own_pool]
        student = name or Path(_filled(template, FLOOR)).stem
        more: dict[str, Any] = dict(clip=arguments.clip) if arguments.clip else {}
        more |= dict(amp=True) if arguments.amp else {}
        one = Subject(student, template, tuple(pool), arguments.batch, arguments.device, **more)
        # A config that cannot be read is told before anything is rehearsed.
        one.student_config()
        _ = one.kinds
        # Whoever rehearses reads configs itself, and so imports what they import.
        found.append(replace(one))
    return found


def methods_of(subject: 'Subject', asked: Sequence[str] | None, usual: Sequence[str]) -> list[str]:
    """The methods of one student, in the order of tables.

    Args:
        subject: The student.
        asked: Those that the options name; None for the usual ones that it has a config for.
        usual: The usual ones.

    Raises:
        ConfigError: a method is unknown, or needs a config of its own, which is not there.
    """
    wanted = usual if asked is None else asked
    for method in wanted:
        if method not in METHOD_TABLE:
            raise ConfigError(f'method {quoted(method)} is none of {", ".join(METHOD_TABLE)}')
    found = [method for method in METHOD_TABLE if method in wanted]
    lacking = [method for method in found if not _has_config(subject, method)]
    if asked is not None and lacking:
        raise ConfigError(
            f'{subject.template}: method {lacking[0]!r} needs a config of its own; give a path '
            'with {method} in it, where it has one'
        )
    return [method for method in found if method not in lacking]


def title_of(student: str) -> str | None:
    """What a shipped student is called, by its config's first words; None for any other."""
    from ...files.configs import configs_root

    path = configs_root() / '_base_' / 'students' / f'{student}.py'
    named = re.match(r'"""(.+?) \(', path.read_text()) if path.is_file() else None
    return named and named[1]


def _of_sweep(
    sweep: str | None, names: Sequence[str] | None
) -> list[tuple[str, str | None, list[str]]]:
    """The config of each student of a sweep that is asked for, its name, and its teachers."""
    from ...files.configs import find_config_by_name
    from ...sweep.read_axes import read_axes

    axes = read_axes(find_config_by_name(sweep or SWEEP, 'sweeps'))
    known = [student.name for student in axes.students]
    if names is None:
        names = [ALL] if sweep else [STUDENT]
    for name in names:
        if name not in (*known, ALL):
            raise ConfigError(f'student {quoted(name)} is none of {", ".join(known)}, {ALL}')
    wanted = known if ALL in names else [*dict.fromkeys(names)]
    return [(axes.student_config, name, _own_pool(axes, name)) for name in wanted]


def _own_pool(axes: 'Axes', student: str) -> list[str]:
    """The teachers of a student's own backbone, or all where a sweep has none of it."""
    from ...methods.config_files import fill_in

    own = [teacher for teacher in axes.teachers if teacher.student == student] or axes.teachers
    return [fill_in('teacher_config', axes.teacher_config, teacher=one.name) for one in own]


def _filled(template: str, method: str) -> str:
    return template.replace('{method}', method)


def _has_config(subject: 'Subject', method: str) -> bool:
    from ...methods.config_files import find_config_by_path
    from ...methods.student_config import student_config_path

    row = METHOD_TABLE[method]
    if '{method}' not in subject.template:
        return method == FLOOR or row.hook is not None or row.borrows is not None
    rows = [row] if row.borrows is None else [row, METHOD_TABLE[row.borrows]]
    paths = (student_config_path(subject.template, one, subject.student) for one in rows)
    return any(find_config_by_path(path) is not None for path in paths)

"""Whose memory ``ukd-bench measure memory`` is asked about, from its options."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError, quoted
from ...methods.table import FLOOR, METHOD_TABLE
from .sweep_students import ALL, has_config, sweep_students

if TYPE_CHECKING:
    from ...measure.memory.rehearsal.subject import Subject

SWEEP = 'arid_v1'
"""The sweep whose students and teachers have a name here, unless another is asked for."""
STUDENT = 'r2plus1d-r34'
"""Of them the one that is asked about, unless others are."""


def subjects(arguments: argparse.Namespace) -> 'list[Subject]':
    """The students that the options name, each with its teachers.

    Raises:
        ConfigError: there is no such student, or no such config.
    """
    from ...measure.memory.rehearsal.subject import Subject
    from ...methods.config_files import find_config_by_path

    asked: list[tuple[str, str | None, list[str]]] = []
    if not arguments.config:
        names = arguments.student or ([ALL] if arguments.sweep else [STUDENT])
        asked += sweep_students(arguments.sweep or SWEEP, names, or_all=True)
    else:
        asked.append((arguments.config, None, [_filled(arguments.config, FLOOR)]))
    found = []
    for template, name, own_pool in asked:
        pool = arguments.pool or [str(find_config_by_path(path) or path) for path in own_pool]
        student = name or Path(_filled(template, FLOOR)).stem
        more: dict[str, Any] = dict(clip=arguments.clip) if arguments.clip else {}
        more |= dict(amp=True) if arguments.amp else {}
        more |= dict(libraries=arguments.libraries) if arguments.libraries else {}
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
    template, student = subject.template, subject.student
    lacking = [method for method in found if not has_config(template, student, method)]
    if asked is not None and lacking:
        raise ConfigError(
            f'{template}: method {lacking[0]!r} needs a config of its own; give a path '
            'with {method} in it, where it has one'
        )
    return [method for method in found if method not in lacking]


def title_of(student: str) -> str | None:
    """What a shipped student is called, by its config's first words; None for any other."""
    from ...files.configs import configs_root

    path = configs_root() / '_base_' / 'students' / f'{student}.py'
    named = re.match(r'"""(.+?) \(', path.read_text()) if path.is_file() else None
    return named and named[1]


def _filled(template: str, method: str) -> str:
    return template.replace('{method}', method)

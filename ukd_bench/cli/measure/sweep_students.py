"""The students of a sweep that a measurement is of, each with the teachers that are its own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import ConfigError, quoted
from ...methods.table import FLOOR, METHOD_TABLE

if TYPE_CHECKING:
    from ...sweep.config import Axes

ALL = 'all'


def sweep_students(
    sweep: str, names: Sequence[str], or_all: bool = False
) -> list[tuple[str, str, list[str]]]:
    """The config of each student of a sweep that is asked for, its name, and its teachers.

    Teachers are those of the student's own backbone, or all where a sweep has none of it.

    Args:
        sweep: A sweep's file, or the name of a shipped one.
        names: Names of students; none for the sweep's first.
        or_all: Whether ``all`` stands for all of them.

    Raises:
        ConfigError: there is no such sweep or student.
    """
    from ...files.configs import find_config_by_name
    from ...sweep.read_axes import read_axes

    axes = read_axes(find_config_by_name(sweep, 'sweeps'))
    known = [student.name for student in axes.students]
    words = [*known, *[ALL] * or_all]
    for name in names:
        if name not in words:
            raise ConfigError(f'student {quoted(name)} is none of {", ".join(words)}')
    wanted = known if or_all and ALL in names else [*dict.fromkeys(names)] or known[:1]
    return [(axes.student_config, name, _own_pool(axes, name)) for name in wanted]


def has_config(template: str, student: str, method: str) -> bool:
    """Whether a method has a config for a student, of its own or of what it borrows from."""
    from ...methods.config_files import find_config_by_path
    from ...methods.student_config import student_config_path

    row = METHOD_TABLE[method]
    if '{method}' not in template:
        return method == FLOOR or row.hook is not None or row.borrows is not None
    rows = [row] if row.borrows is None else [row, METHOD_TABLE[row.borrows]]
    paths = (student_config_path(template, one, student) for one in rows)
    return any(find_config_by_path(path) is not None for path in paths)


def _own_pool(axes: 'Axes', student: str) -> list[str]:
    from ...methods.config_files import fill_in

    own = [teacher for teacher in axes.teachers if teacher.student == student] or axes.teachers
    # Teachers that differ by seed alone have one config.
    names = [one.config or one.name for one in own]
    return [fill_in('teacher_config', axes.teacher_config, teacher=name) for name in names]

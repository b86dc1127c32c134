"""Which networks steps are timed of: a student, and the kinds of its teachers."""

from dataclasses import dataclass

from mmengine.config import Config

from ...errors import ConfigError, quoted
from ...files.configs import configs_root
from ...methods.config_files import fill_in


@dataclass(frozen=True)
class Networks:
    """A student with its teachers.

    Attributes:
        student: What it is called.
        template: Path of its configs with ``{method}`` and ``{student}`` in it.
        pool: Paths of configs of the kinds of teachers, in pool order; a longer pool repeats them.
    """

    student: str
    template: str
    pool: tuple[str, ...]


def sweep_config() -> Config:
    """The quick sweep, whose students and kinds of teachers are used unless others are named."""
    return Config.fromfile(configs_root() / 'sweeps' / 'quick.py')


def quick_networks(student: str) -> Networks:
    """A student of the quick sweep, or a backbone of its teachers, with all kinds of teachers.

    Raises:
        ConfigError: there is no such student.
    """
    sweep = sweep_config()
    # Teachers have further backbones, which students may have as well.
    named = [each.name for each in sweep.students]
    students = [*dict.fromkeys([*named, *(each.student for each in sweep.teachers)])]
    if student not in students:
        raise ConfigError(f'student {quoted(student)} is none of {", ".join(students)}')
    template = sweep.teacher_config
    pool = [fill_in('teacher_config', template, teacher=each.name) for each in sweep.teachers]
    return Networks(student, sweep.student_config, tuple(pool))

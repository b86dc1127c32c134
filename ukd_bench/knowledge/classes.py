"""Class order: a teacher's scores in the order of the student's labels."""

from collections.abc import Sequence

from ..errors import ConfigError


def class_order(
    teacher: str, teacher_classes: Sequence[str] | None, classes: Sequence[str]
) -> list[int] | None:
    """Where the score of each of the student's classes stands among a teacher's scores.

    Args:
        teacher: The teacher's name, for messages.
        teacher_classes: Names in the teacher's label order; None where they are the student's.
        classes: Names in the student's label order.

    Returns:
        One index a class; None where the orders are one.

    Raises:
        ConfigError: the two do not have the same names, or the student's have none.
    """
    if teacher_classes is None or tuple(teacher_classes) == tuple(classes):
        return None
    if not classes:
        raise ConfigError(
            f'teacher {teacher}: its classes have names, those of the training set have none: '
            'give its data set metainfo=dict(classes=...)'
        )
    if strange := sorted({*classes} ^ {*teacher_classes}):
        owner = 'teacher' if strange[0] in teacher_classes else 'training set'
        raise ConfigError(
            f'teacher {teacher}: class {strange[0]!r} is one of the {owner} alone, the names of '
            'both must be the same'
        )
    positions = {name: index for index, name in enumerate(teacher_classes)}
    return [positions[name] for name in classes]

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.knowledge.teacher import class_order

STUDENT = ('Jump', 'Run', 'Sit')


def test_scores_are_put_in_the_students_order():
    teacher = ('Sit', 'Jump', 'Run')
    order = class_order('a', teacher, STUDENT)
    assert [teacher[index] for index in order] == list(STUDENT)


@pytest.mark.parametrize('names', [None, STUDENT, list(STUDENT)])
def test_one_order_needs_no_mapping(names):
    assert class_order('a', names, STUDENT) is None


@pytest.mark.parametrize(
    ('names', 'text'),
    [
        (('Sit', 'Jump', 'Walk'), "class 'Run' is one of the training set alone"),
        (('Sit', 'Jump'), "class 'Run' is one of the training set alone"),
        ((*STUDENT, 'Fly'), "class 'Fly' is one of the teacher alone"),
    ],
)
def test_other_names_are_refused(names, text):
    with pytest.raises(ConfigError, match=f'teacher a: {text}'):
        class_order('a', names, STUDENT)


def test_names_cannot_be_mapped_to_none():
    with pytest.raises(ConfigError, match=r'teacher a: its classes have names, those of the train'):
        class_order('a', STUDENT, ())

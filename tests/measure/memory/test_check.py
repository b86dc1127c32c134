"""Both sides of a budget's boundaries, carried out under a cap."""

import pytest

from ukd_bench.measure.memory.boundary import Boundary, Need
from ukd_bench.measure.memory.budget import Answer, MethodAnswer, Question
from ukd_bench.measure.memory.check import Side, check_sides, sides
from ukd_bench.measure.memory.measured import Outcome
from ukd_bench.measure.memory.rehearsal.subject import Cell
from ukd_bench.sizes import MIB

from .subjects import weighty

ROOM = 1000 * MIB


def need(mib):
    return Need(mib * MIB, 2 * mib * MIB)


def test_what_has_two_sides_is_carried_out():
    teachers, batch = Boundary(3, need(900), need(1100)), Boundary(16, need(990), need(1010))
    whole, none = Boundary(64, need(400), None), Boundary(0, None, need(2000))
    answers = (Answer(ROOM, teachers, batch), Answer(ROOM, whole, none), Answer(ROOM, None, batch))
    found = [*sides(MethodAnswer('naive', 4, answers), Question((ROOM,) * 3, 4, 8), 'cpu')]
    assert [(one.cell, one.batch_size, one.excess_bytes // MIB) for one in found] == [
        (Cell('naive', 3), 8, -100), (Cell('naive', 4), 8, 100),
        *[(Cell('naive', 4), 16, -10), (Cell('naive', 4), 17, 10)] * 2,
    ]  # fmt: skip
    # On a GPU some of it is the context's.
    (*_, last) = sides(MethodAnswer('naive', 4, answers), Question((ROOM,) * 3, 4, 8), 'cuda')
    assert last.room_bytes == 400 * MIB


@pytest.mark.parametrize(
    ('excess', 'status', 'expected'),
    [
        *((-5, 'done', True), (0, 'done', True), (5, 'done', None), (70, 'done', False)),
        *((-5, 'oom', False), (0, 'oom', False), (5, 'oom', True), (70, 'oom', True)),
        *((-5, 'failed', False), (5, 'failed', False), (70, 'failed', False)),
    ],
)
def test_how_a_side_went(excess, status, expected):
    side = Side(Cell('plain'), 8, ROOM + excess * MIB, ROOM)
    assert side.as_predicted(Outcome(status), 64 * MIB) is expected


@pytest.mark.slow
def test_under_a_cap_one_side_ends_and_the_other_does_not(tmp_path, one_thread):
    subject = weighty(tmp_path, classes=660_000, clip=(4, 32, 32))
    cell, room = Cell('plain'), 720 * MIB
    # A score takes 4 bytes, and so does its gradient.
    asked = [Side(cell, clips, room, room) for clips in (4, 128)]
    enough, too_little = check_sides(subject, asked, tmp_path / 'checked')
    assert (enough.status, too_little.status) == ('done', 'oom')

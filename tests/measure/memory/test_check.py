import pytest

from ukd_bench.measure.memory import check as module
from ukd_bench.measure.memory.check import check, check_text
from ukd_bench.measure.memory.measured import Outcome
from ukd_bench.measure.memory.rehearsal.subject import Cell
from ukd_bench.measure.memory.table import row_of

from .subjects import small

MIB = 2**20


@pytest.fixture
def caps(monkeypatch):
    """The caps under which cells were carried out; half a GiB is enough for each."""
    given = {}

    def carried_out(subject, cell, folder, cap_bytes):
        given[cell.method] = cap_bytes
        enough = cap_bytes >= 512 * MIB
        return Outcome('done') if enough else Outcome('oom', error="can't allocate memory")

    monkeypatch.setattr(module, 'prepare', lambda *_: None)
    monkeypatch.setattr(module, 'carried_out', carried_out)
    return given


def predicted(cell, phase, allocated, reserved=None, error=None):
    figures = dict(allocated_peak_bytes=allocated, reserved_peak_bytes=reserved, error=error)
    return row_of(small(), cell, phase) | figures


def test_each_cell_is_capped_at_its_largest_phase(caps, tmp_path):
    plain, naive, ukd = Cell('plain'), Cell('naive', 2), Cell('ukd', 2)
    rows = [
        predicted(plain, 'train', 300 * MIB), predicted(plain, 'eval', 600 * MIB),
        # What is reserved is what must be there.
        predicted(naive, 'train', 600 * MIB, reserved=500 * MIB),
        predicted(ukd, 'train', None, error='no such layer'),
    ]  # fmt: skip
    told = []
    found = check(small(), [plain, naive, ukd], rows, tmp_path, lambda *done: told.append(done))
    assert caps == dict(plain=600 * MIB, naive=500 * MIB) and told[-1] == (3, 3)
    assert [(row['phase'], row['status'], row['cap_bytes'], row['error']) for row in found] == [
        ('eval', 'done', 600 * MIB, None),
        ('train', 'oom', 500 * MIB, "can't allocate memory"),
        ('train', 'failed', None, 'no such layer'),
    ]
    assert [line.split()[-2:] for line in check_text(found).splitlines()[1:]] == [
        ['600.0', 'enough'],
        ['too', 'little'],
        ['-', 'failed'],
    ]


def test_the_two_kinds_of_a_pool_have_an_estimate_each(caps, tmp_path):
    subject = small(pool=(*small().pool, 'another.py'))
    rows = [
        row_of(subject, Cell('bank', kind=kind), 'fill')
        | dict(allocated_peak_bytes=size * MIB, reserved_peak_bytes=None, error=None)
        for kind, size in enumerate((100, 900))
    ]
    cells = [Cell('bank', kind=kind) for kind in range(2)]
    found = check(subject, cells, rows, tmp_path)
    assert [(row['status'], row['cap_bytes'] // MIB) for row in found] == [
        ('oom', 100),
        ('done', 900),
    ]

"""Files of teachers of whom only the memory is of interest."""

from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from ukd_bench.measure.memory.rehearsal import teachers


def test_processes_that_copy_one_bank_at_once_leave_one(tmp_path):
    bank, copied = tmp_path / 'bank-0', tmp_path / 'bank-7'
    bank.mkdir()
    for number in range(50):
        (bank / str(number)).write_text(str(number))
    # Threads stand for processes: each has a number of its own.
    with (
        patch.object(teachers.os, 'getpid', iter(range(100)).__next__),
        ThreadPoolExecutor(8) as pool,
    ):
        list(pool.map(lambda _: teachers._copy_once(bank, copied), range(8)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ['bank-0', 'bank-7']
    assert len([*copied.iterdir()]) == 50

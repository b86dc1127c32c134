import dataclasses

import numpy as np
import pytest

from ukd_bench.errors import BankError, ResultsError
from ukd_bench.knowledge.bank import (
    Bank,
    BankIdentity,
    classes_fingerprint,
    open_banks,
    views_fingerprint,
)
from ukd_bench.knowledge.pool import PoolEntry
from ukd_bench.records import file_sha256

IDENTITY = BankIdentity(dataset='d' * 64, views='v' * 64, classes='c' * 64, teacher='t' * 64)
TEACHER = dict(name='a', key='', state_bytes=4, state_sha256='s')
V, N, C = 3, 5, 4


@pytest.fixture
def scores():
    return np.random.default_rng(0).normal(size=(V, N, C)).astype(np.float32)


@pytest.fixture
def bank(tmp_path, scores):
    return Bank.write(tmp_path / 'bank', scores, IDENTITY, TEACHER)


def test_round_trip(bank, scores):
    again = Bank(bank.folder)
    assert (again.num_views, again.teacher) == (V, TEACHER)
    assert again.manifest['shape'] == [V, N, C] and again.manifest['dtype'] == 'float32'
    for view in range(V):
        assert np.array_equal(again.read(view, range(N)), scores[view])
    assert np.array_equal(again.read(1, [4, 0, 4]), scores[1][[4, 0, 4]])
    assert again.scores_bytes - scores.nbytes == 128  # NumPy's header.
    again.require(IDENTITY)
    again.require_intact()


def test_what_is_read_is_a_copy(bank, scores):
    bank.read(0, [1])[:] = 0
    assert np.array_equal(Bank(bank.folder).read(0, [1])[0], scores[0, 1])


@pytest.mark.parametrize('part', ['dataset', 'views', 'classes', 'teacher'])
def test_a_bank_for_something_else_is_refused_and_says_for_what(bank, part):
    other = dataclasses.replace(IDENTITY, **{part: 'x' * 64})
    with pytest.raises(BankError) as caught:
        bank.require(other)
    first = getattr(IDENTITY, part)[:12]
    assert str(caught.value) == (
        f'bank {bank.folder} does not fit, it differs in {part} (bank {first}, here {"x" * 12})'
    )


def test_all_that_differs_is_named(bank):
    with pytest.raises(BankError, match=r'in dataset \(.*\) and classes \('):
        bank.require(dataclasses.replace(IDENTITY, dataset='x', classes='y'))


def test_truncated_scores_are_refused(bank):
    path = bank.scores_path(bank.folder)
    content = path.read_bytes()
    for length in (0, 20, 127, 128, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(BankError, match=rf'bank {bank.folder}: scores.npy cannot be read'):
            Bank(bank.folder)


def test_a_flipped_bit_is_found(bank):
    path = bank.scores_path(bank.folder)
    content = bytearray(path.read_bytes())
    content[-7] ^= 1
    path.write_bytes(content)
    with pytest.raises(BankError, match=r'scores\.npy differs from its checksum'):
        Bank(bank.folder).require_intact()


def test_scores_of_another_shape_are_refused(bank, scores):
    np.save(bank.scores_path(bank.folder), scores[:2])
    with pytest.raises(
        BankError, match=r'has the shape \[2, 5, 4\], the manifest says \[3, 5, 4\]'
    ):
        Bank(bank.folder)


def test_scores_that_hold_objects_are_not_loaded(bank):
    np.save(bank.scores_path(bank.folder), np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(BankError, match='cannot be read'):
        Bank(bank.folder)


def test_a_bank_without_manifest_was_never_completed(bank, scores, monkeypatch):
    with pytest.raises(BankError, match='does not exist or was never completed'):
        Bank(bank.folder / 'absent')
    # A second fill that is killed before its end leaves no bank, rather than a mixture of two.
    monkeypatch.setattr('ukd_bench.knowledge.bank.write_json', lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Bank.write(bank.folder, scores + 1, IDENTITY, TEACHER)
    with pytest.raises(BankError, match='never completed'):
        Bank(bank.folder)


def test_another_schema_or_a_broken_manifest_is_named(bank, rewrite):
    path = bank.manifest_path(bank.folder)
    rewrite(path, 99, 'schema')
    with pytest.raises(BankError, match='schema 99 is not 1'):
        Bank(bank.folder)
    path.write_text('[]')
    with pytest.raises(BankError, match=rf'bank {bank.folder}'):
        Bank(bank.folder)
    path.write_text('{"schema": 1}')
    with pytest.raises(BankError, match=rf'bank {bank.folder}'):
        Bank(bank.folder)
    path.write_text('{')
    with pytest.raises(ResultsError, match=r'manifest.json: not valid JSON'):
        Bank(bank.folder)


def test_fingerprints_follow_what_they_are_of():
    pipeline = [dict(type='A', size=3), dict(type='B')]
    first = views_fingerprint(0, pipeline)
    assert views_fingerprint(0, tuple(dict(reversed(step.items())) for step in pipeline)) == first
    others = [
        views_fingerprint(1, pipeline),
        views_fingerprint(0, pipeline[::-1]),
        views_fingerprint(0, [dict(type='A', size=4), dict(type='B')]),
    ]
    assert len({first, *others}) == 4
    assert classes_fingerprint(('a', 'b')) == classes_fingerprint(['a', 'b'])
    assert classes_fingerprint(('a', 'b')) != classes_fingerprint(('b', 'a'))


def test_open_banks_checks_each_against_its_checkpoint(tmp_path, scores):
    teachers = []
    for name in 'ab':
        checkpoint = tmp_path / f'{name}.pth'
        checkpoint.write_text(name)
        identity = dataclasses.replace(IDENTITY, teacher=file_sha256(checkpoint))
        Bank.write(tmp_path / name, scores, identity, TEACHER)
        teachers.append(PoolEntry(name, '', tmp_path, checkpoint, tmp_path / name))
    own = (IDENTITY.dataset, IDENTITY.views, IDENTITY.classes)
    assert [bank.folder.name for bank in open_banks(teachers, *own)] == ['a', 'b']
    (tmp_path / 'b.pth').write_text('B')
    with pytest.raises(
        BankError, match=rf'bank {tmp_path}/b does not fit, it differs in teacher \('
    ):
        open_banks(teachers, *own)
    (tmp_path / 'b.pth').unlink()
    with pytest.raises(ResultsError, match=r'b.pth: cannot be read'):
        open_banks(teachers, *own)

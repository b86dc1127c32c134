import dataclasses
import json

import numpy as np
import pytest

from ukd_bench.errors import BankError
from ukd_bench.files.hashes import file_sha256
from ukd_bench.knowledge.bank.format import Bank, open_banks
from ukd_bench.knowledge.pool import PoolEntry

from ..made_up_banks import IDENTITY, LABELS, TEACHER, C, N, V, job, scores, write_bank

HEADER = 128


@pytest.fixture
def bank(tmp_path):
    return write_bank(tmp_path / 'bank', scores(), job())


def test_round_trip(bank):
    again = Bank(bank.folder)
    assert (again.num_views, again.num_samples, again.num_classes) == (V, N, C)
    assert again.teacher == TEACHER and again.facts.shape == (V, N, C)
    for view in range(V):
        assert np.array_equal(again.read(view, range(N)), scores()[view])
        assert np.array_equal(again.best_classes(view), scores()[view].argmax(1))
    assert np.array_equal(again.read(1, [4, 0, 4]), scores()[1][[4, 0, 4]])
    assert again.labels_N.tolist() == list(LABELS)
    again.require(IDENTITY)
    again.require_intact()
    assert again.keeps_all_classes


def test_the_folder_holds_scores_labels_and_manifest_alone(bank):
    names = sorted(path.name for path in bank.folder.iterdir())
    assert names == ['labels.npy', 'manifest.json', 'scores.npy']
    assert np.array_equal(np.load(bank.folder / 'scores.npy', allow_pickle=False), scores())
    assert bank.manifest.scores_sha256 == file_sha256(bank.folder / 'scores.npy')
    assert json.loads(bank.paths.manifest.read_text())['complete'] is True
    assert len(bank.manifest.views) == V


@pytest.mark.parametrize(
    ('storage', 'classes', 'per_sample'),
    [('float32', 11, 11 * 4), ('float16', 11, 11 * 2), ('top3', 11, 3 * 5), ('top3', 300, 3 * 6)],
)
def test_bytes_on_disk_follow_the_formula_for_64_teachers(tmp_path, storage, classes, per_sample):
    """V x N x (what a sample takes), and a header of 128 bytes a file."""
    values = scores(classes=classes)
    files = 2 if storage == 'top3' else 1
    for number in range(64):
        bank = write_bank(tmp_path / str(number), values, job(storage, classes=classes))
        on_disk = sum(
            path.stat().st_size for path in bank.folder.glob('*.npy') if path.name != 'labels.npy'
        )
        assert bank.scores_bytes == on_disk == V * N * per_sample + files * HEADER


def test_what_is_read_is_a_copy(bank):
    bank.read(0, [1])[:] = 0
    assert np.array_equal(Bank(bank.folder).read(0, [1])[0], scores()[0, 1])


@pytest.mark.parametrize(
    'part', ['dataset', 'views', 'rendering', 'classes', 'model', 'checkpoint']
)
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


@pytest.mark.parametrize('storage', ['float32', 'float16', 'top2'])
def test_truncated_files_are_refused_and_say_which_views_are_gone(tmp_path, storage):
    bank = write_bank(tmp_path / 'bank', scores(), job(storage))
    for name, array in bank.arrays.items():
        path, row_bytes = bank.paths.array(name), array[0].nbytes
        content = path.read_bytes()
        for length, view in (
            (0, 0),
            (HEADER - 1, 0),
            (HEADER + row_bytes - 1, 0),
            (HEADER + row_bytes, 1),
            (len(content) - 1, 2),
        ):
            path.write_bytes(content[:length])
            with pytest.raises(BankError) as caught:
                Bank(bank.folder)
            assert str(caught.value) == (
                f'bank {bank.folder}: {name}.npy is cut off, it holds {length} of {len(content)} '
                f'bytes: views from {view} on are not whole'
            )
        path.write_bytes(content)
    labels = bank.paths.labels.read_bytes()
    bank.paths.labels.write_bytes(labels[:-1])
    with pytest.raises(BankError, match=r'labels\.npy is cut off, it holds 167 of 168 bytes$'):
        Bank(bank.folder)


def test_an_absent_file_is_named(bank):
    bank.paths.array('scores').unlink()
    with pytest.raises(BankError, match=r'scores\.npy cannot be read \('):
        Bank(bank.folder)


def test_a_flipped_bit_is_found_with_its_view(bank):
    path = bank.paths.array('scores')
    content = bytearray(path.read_bytes())
    content[HEADER + N * C * 4 + 7] ^= 1
    path.write_bytes(content)
    damaged = Bank(bank.folder)
    assert damaged.damaged_views() == [1] and damaged.damaged_files() == ['scores.npy']
    with pytest.raises(BankError, match=r'scores\.npy differs from its checksum'):
        damaged.require_intact()


def test_other_labels_are_found(bank):
    np.save(bank.paths.labels, np.zeros(N, np.int64))
    damaged = Bank(bank.folder)
    assert damaged.damaged_views() == [] and damaged.damaged_files() == ['labels.npy']


def test_scores_of_another_shape_or_type_are_refused(bank):
    path = bank.paths.array('scores')
    np.save(path, scores(views=V + 1))
    with pytest.raises(BankError, match=r'float32 of shape \[4, 5, 4\], the manifest says float32'):
        Bank(bank.folder)
    np.save(path, scores().astype(np.float64))
    with pytest.raises(BankError, match=r'holds float64 of shape \[3, 5, 4\]'):
        Bank(bank.folder)


def test_scores_that_hold_objects_are_not_loaded(bank):
    np.save(bank.paths.array('scores'), np.array([print] * 99, dtype=object), allow_pickle=True)
    with pytest.raises(BankError, match='cannot be read'):
        Bank(bank.folder)


def test_a_broken_header_is_named(bank):
    path = bank.paths.array('scores')
    content = path.read_bytes()
    for broken in (content.replace(b"'shape'", b"'sh\x8bpe'"), content.replace(b'}', b'{')):
        path.write_bytes(broken)
        with pytest.raises(BankError, match=r'scores\.npy cannot be read \('):
            Bank(bank.folder)


def test_a_bank_without_manifest_was_never_completed(bank):
    with pytest.raises(BankError, match='does not exist or was never completed'):
        Bank(bank.folder / 'absent')
    bank.paths.manifest.unlink()
    with pytest.raises(BankError, match='never completed'):
        Bank(bank.folder)


def test_another_schema_or_a_broken_manifest_is_named(bank, rewrite):
    path = bank.paths.manifest
    whole = path.read_text()
    for value, key, message in (
        (1, 'schema', 'schema 1 is not 2, fill it again'),
        (False, 'complete', 'not that of a complete bank'),
        ([], 'views', 'not that of a complete bank'),
        ([1], 'shape', r'shape \[1\] is not'),
        ('jpeg', 'storage', "storage 'jpeg' is not float32"),
    ):
        path.write_text(whole)
        rewrite(path, value, key)
        with pytest.raises(ValueError, match=message):
            Bank(bank.folder)
    for content, message in (
        ('[]', 'is not the manifest of a bank'),
        ('{"schema": 2}', "key 'complete' is absent"),
        ('{', r'.*manifest\.json: not valid JSON'),
    ):
        path.write_text(content)
        with pytest.raises(BankError, match=rf'bank {bank.folder}: .*{message}'):
            Bank(bank.folder)


def test_open_banks_checks_each_against_its_identity(tmp_path):
    teachers, identities = [], []
    for name in 'ab':
        identity = dataclasses.replace(IDENTITY, checkpoint=name * 64)
        write_bank(tmp_path / name, scores(), job(identity=identity))
        teachers.append(PoolEntry(name, '', tmp_path, tmp_path, tmp_path / name))
        identities.append(identity)
    assert [bank.folder.name for bank in open_banks(teachers, identities)] == ['a', 'b']
    with pytest.raises(
        BankError, match=rf'bank {tmp_path}/a does not fit, it differs in checkpoint \('
    ):
        open_banks(teachers, identities[::-1])
    path = tmp_path / 'b' / 'scores.npy'
    path.write_bytes(path.read_bytes()[:-1] + b'x')
    with pytest.raises(BankError, match=r'bank .*/b: scores\.npy differs from its checksum'):
        open_banks(teachers, identities)

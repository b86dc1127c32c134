"""Files of others that would run code where they were trusted: each is refused in one line."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from ukd_bench.errors import BankError, UkdBenchError
from ukd_bench.files.checkpoints import kept_training, load_weights, read_checkpoint
from ukd_bench.knowledge.bank.format import Bank
from ukd_bench.results.scores import read_scores
from ukd_bench.runs.resume import ResumePoint

from ..knowledge.made_up_banks import job, scores, write_bank


class Writes:
    """Writes a file where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return Path.write_text, (self.trace, 'somebody was here')


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / 'trace'
    yield path
    assert not path.exists(), 'code of a file was run'


def checkpoint(path: Path, trace: Path) -> None:
    torch.save(dict(state_dict={}, meta=Writes(trace)), path)


def old_checkpoint(path: Path, trace: Path) -> None:
    """As torch wrote them before they were archives."""
    torch.save(dict(state_dict={}, meta=Writes(trace)), path, _use_new_zipfile_serialization=False)


def bare_pickle(path: Path, trace: Path) -> None:
    path.write_bytes(pickle.dumps(Writes(trace)))


def array(path: Path, trace: Path) -> None:
    np.save(path, np.array([Writes(trace)], dtype=object), allow_pickle=True)


def test_each_of_them_would_write_where_it_is_trusted(tmp_path):
    """Else the tests below would show nothing."""
    for number, make in enumerate((checkpoint, old_checkpoint, bare_pickle)):
        path, trace = tmp_path / f'{number}.pth', tmp_path / f'{number}.trace'
        make(path, trace)
        if make is bare_pickle:
            pickle.loads(path.read_bytes())
        else:
            torch.load(path, weights_only=False)
        assert trace.read_text() == 'somebody was here'
    array(tmp_path / 'a.npy', tmp_path / 'a.trace')
    np.load(tmp_path / 'a.npy', allow_pickle=True)
    assert (tmp_path / 'a.trace').exists()


READERS = {
    'weights': lambda path: load_weights(nn.Linear(2, 2), path),
    'checkpoint': read_checkpoint,
    'point to resume from': lambda path: kept_training(path, ResumePoint),
}


@pytest.mark.parametrize('reader', READERS)
@pytest.mark.parametrize('make', [checkpoint, old_checkpoint, bare_pickle])
def test_a_checkpoint(reader, make, tmp_path, trace):
    path = tmp_path / 'evil.pth'
    make(path, trace)
    with pytest.raises(UkdBenchError) as refused:
        READERS[reader](path)
    message = str(refused.value)
    assert 'evil.pth' in message and '\n' not in message and len(message) < 500


@pytest.mark.parametrize('name', ['scores.npy', 'labels.npy'])
def test_a_bank(name, tmp_path, trace):
    bank = write_bank(tmp_path / 'bank', scores(), job())
    path = bank.folder / name
    size = path.stat().st_size
    array(path, trace)
    path.write_bytes(path.read_bytes().ljust(size, b'\0'))
    with pytest.raises(BankError) as refused:
        made = Bank(tmp_path / 'bank')
        _ = made.labels_N
        made.require_intact()
    message = str(refused.value)
    assert name in message and '\n' not in message and len(message) < 500


def test_scores(tmp_path, trace):
    array(tmp_path / 'a.npy', trace)
    path = tmp_path / 'scores.npz'
    with zipfile.ZipFile(path, 'w') as archive:
        for name in ('scores', 'labels', 'samples'):
            archive.write(tmp_path / 'a.npy', f'{name}.npy')
    with pytest.raises(UkdBenchError) as refused:
        read_scores(path)
    message = str(refused.value)
    assert 'scores.npz' in message and '\n' not in message

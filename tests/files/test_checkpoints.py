"""What checkpoint files hold, read and written in one place."""

import errno
import io

import pytest
import torch
from torch import nn

from ukd_bench.errors import ConfigError, ResultsError
from ukd_bench.files.checkpoints import (
    ResumableHook,
    kept_training,
    load_weights,
    read_checkpoint,
    save_weights,
    write_checkpoint,
)


class Counter(ResumableHook):
    """A hook whose state a checkpoint keeps."""


def test_a_part_of_a_larger_network_is_loaded_by_its_own_names(tmp_path):
    whole = nn.ModuleDict({'backbone': nn.Linear(2, 2), 'head': nn.Linear(2, 3)})
    save_weights(whole, tmp_path / 'whole.pth', ('a', 'b', 'c'))
    part = nn.Linear(2, 2)

    def rename(name):
        return name.removeprefix('backbone.') if name.startswith('backbone.') else ''

    assert load_weights(part, tmp_path / 'whole.pth', rename) == ('a', 'b', 'c')
    assert torch.equal(part.weight, whole['backbone'].weight)
    with pytest.raises(ConfigError, match='does not fit its config: Missing key'):
        load_weights(part, tmp_path / 'whole.pth', lambda name: '')


def test_what_a_hook_kept_of_a_training(tmp_path):
    path = tmp_path / 'resume.pth'
    checkpoint = dict(meta=dict(epoch=3, iter=12), state_dict={})
    write_checkpoint(path, checkpoint)
    assert read_checkpoint(path) == checkpoint
    with pytest.raises(ResultsError, match=r'^resume\.pth: .* no checkpoint of a training with'):
        kept_training(path, Counter)
    Counter.state_dict = lambda self, runner: dict(seen=7)
    Counter().before_save_checkpoint(None, checkpoint)
    write_checkpoint(path, checkpoint)
    assert kept_training(path, Counter) == (3, dict(seen=7))


@pytest.mark.parametrize('content', [b'', b'no checkpoint'])
def test_a_damaged_one_is_named(tmp_path, content):
    (tmp_path / 'a.pth').write_bytes(content)
    with pytest.raises(ResultsError, match=r'^a\.pth: cannot be read \(File is not a zip file\)$'):
        read_checkpoint(tmp_path / 'a.pth')


@pytest.mark.parametrize('room', [0, 300_000, 399_900])
def test_a_full_disk_is_one_line_that_names_the_file(room, tmp_path, monkeypatch):
    class Disk(io.FileIO):
        def write(self, data):
            left = room - self.tell()
            if left <= 0:
                raise OSError(errno.ENOSPC, 'No space left on device')
            # As the system does, which writes what it can.
            return super().write(memoryview(data)[:left])

    def opened(descriptor, mode):
        return io.BufferedWriter(Disk(descriptor, mode))

    monkeypatch.setattr('ukd_bench.files.atomic.os.fdopen', opened)
    path = tmp_path / 'weights.pth'
    with pytest.raises(ResultsError) as refused:
        write_checkpoint(path, dict(state_dict=dict(a=torch.zeros(100_000))))
    assert str(refused.value) == f'{path}: cannot be written (No space left on device)'
    assert not list(tmp_path.iterdir())

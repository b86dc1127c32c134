"""RAFT with weights that a test makes, since torchvision's are a download."""

from urllib.error import URLError

import numpy as np
import pytest
import torch
from torchvision.models.optical_flow import raft_small

from ukd_bench.data.__main__ import main
from ukd_bench.data.flow.algorithms import estimator
from ukd_bench.data.flow.format import read_manifest
from ukd_bench.data.flow.raft import Raft, fetch_weights
from ukd_bench.data.flow.settings import FlowSettings
from ukd_bench.errors import ConfigError, DataError
from ukd_bench.files.hashes import file_sha256

from ..moving_square import film, square_frames


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = raft_small(weights=None)
    path = tmp_path_factory.mktemp('raft') / 'small.pth'
    torch.save(network.state_dict(), path)
    return path


def test_the_field_is_that_of_the_padded_network(weights):
    frames = square_frames(2)[:, :70, :90]
    raft = Raft(weights, 'raft_small', num_flow_updates=2)
    field = raft.between(*map(raft.prepare, frames))
    assert field.shape == (70, 90, 2) and field.dtype == np.float32
    network = raft_small(weights=None)
    network.load_state_dict(torch.load(weights, weights_only=True))
    padded = np.pad(frames, ((0, 0), (0, 58), (0, 38), (0, 0)), mode='edge')
    first, second = (torch.from_numpy(f).permute(2, 0, 1)[None] / 127.5 - 1 for f in padded)
    with torch.no_grad():
        wanted = network.eval()(first, second, num_flow_updates=2)[-1]
    assert wanted.shape == (1, 2, 128, 128)
    np.testing.assert_allclose(
        field, wanted[0, :, :70, :90].permute(1, 2, 0).numpy(), rtol=1e-3, atol=1e-3
    )


def test_loading_draws_nothing(weights):
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    estimator(FlowSettings('raft_small'), weights, 'cpu')
    assert torch.equal(torch.rand(2), wanted)


def test_the_command_records_the_weights(weights, tmp_path, capsys):
    root = tmp_path / 'videos'
    film(root / 'Run/Run_1_1.avi', square_frames(2))
    for subset in ('train', 'test'):
        (root / 'list_cvt').mkdir(exist_ok=True)
        (root / f'list_cvt/ARID_split1_{subset}.txt').write_text('0\t5\tRun/Run_1_1.avi\n')
    command = ['flow', str(root), '--algorithm', 'raft_small', '--workers', '1']
    assert main([*command, '--weights', str(weights)]) == 0
    assert '1 fields of 1 clips' in capsys.readouterr().out
    manifest = read_manifest(root / 'flow-raft_small')
    assert manifest['settings']['weights_sha256'] == file_sha256(weights)

    other = tmp_path / 'other.pth'
    torch.save(raft_small(weights=None).state_dict(), other)
    assert main([*command, '--weights', str(other)]) == 2
    assert 'holds flow with weights_sha256 ' in capsys.readouterr().err


def test_weights_that_cannot_be_used(weights, tmp_path):
    def load(path, model='raft_small'):
        return Raft(path, model, num_flow_updates=1)

    with pytest.raises(DataError, match=r'weights of raft_small: .*none\.pth does not exist'):
        load(tmp_path / 'none.pth')
    (tmp_path / 'text.pth').write_text('hello')
    with pytest.raises(DataError, match=r'weights of raft_small: .*text\.pth cannot be read'):
        load(tmp_path / 'text.pth')
    with pytest.raises(DataError, match=r'weights of raft_large: .*does not fit') as caught:
        load(weights, 'raft_large')
    assert '\n' not in str(caught.value)
    with pytest.raises(ConfigError, match='raft_small needs a file of weights'):
        load(None)


@pytest.mark.skipif(torch.cuda.is_available(), reason='says what is said without CUDA')
def test_no_cuda(weights):
    with pytest.raises(ConfigError, match='no CUDA device here'):
        Raft(weights, 'raft_small', 1, device='cuda')


def test_a_download_that_fails_is_one_line(tmp_path, monkeypatch):
    def refuse(url, *arguments, **options):
        raise URLError('no route to host')

    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, 'download_url_to_file', refuse)
    with pytest.raises(
        DataError, match=r'raft_small_\S+pth: cannot be downloaded \(no route to host\); fetch it'
    ):
        fetch_weights('raft_small')


def test_weights_at_hand_are_not_downloaded(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))

    def save(url, path, prefix, progress):
        assert len(prefix) == 8 and prefix in url
        with open(path, 'w') as file:
            file.write('weights')

    monkeypatch.setattr(torch.hub, 'download_url_to_file', save)
    path = fetch_weights('raft_large')
    assert path.parent == tmp_path / 'checkpoints' and path.read_text() == 'weights'
    monkeypatch.setattr(torch.hub, 'download_url_to_file', None)
    assert fetch_weights('raft_large') == path

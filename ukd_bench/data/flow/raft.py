"""RAFT (Teed and Deng, ECCV 2020), by torchvision."""

from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlparse

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.models import optical_flow

from ...errors import ConfigError, DataError, one_line
from ...files.checkpoints import load_weights

_MULTIPLE = 8
_LEAST_SIDE = 128
"""RAFT halves its features, an eighth of the frame, three times and wants two pixels left."""


class Raft:
    """Flow by a RAFT network.

    Args:
        weights: File with its state dict.
        model: ``raft_large`` or ``raft_small``.
        num_flow_updates: Refinements.
        device: Device that the network computes on.

    Raises:
        ConfigError: there is no such device here.
        DataError: the weights are absent or do not fit.
    """

    def __init__(
        self, weights: Path | None, model: str, num_flow_updates: int, device: str = 'cpu'
    ) -> None:
        if device.startswith('cuda') and not torch.cuda.is_available():
            raise ConfigError('flow: there is no CUDA device here; use --device cpu')
        if weights is None:
            raise ConfigError(f'flow: {model} needs a file of weights')
        self.device = torch.device(device)
        self.updates = num_flow_updates
        # Building draws random weights; whoever draws after this must not notice.
        with torch.random.fork_rng(devices=[]):
            self.network = getattr(optical_flow, model)(weights=None)
        try:
            load_weights(self.network, weights)
        except ConfigError as error:
            raise DataError(f'weights of {model}: {error}') from error
        self.network.requires_grad_(False).eval().to(self.device)

    def prepare(self, frame_HW3: np.ndarray) -> tuple[Tensor, tuple[int, int]]:
        """The padded frame (1, 3, H', W') in [-1, 1], and the size it had."""
        height, width = frame_HW3.shape[:2]
        frame_1CHW = torch.from_numpy(frame_HW3).permute(2, 0, 1)[None].float() / 127.5 - 1
        padding = (0, _padded(width) - width, 0, _padded(height) - height)
        frame_1CHW = F.pad(frame_1CHW, padding, mode='replicate')
        return frame_1CHW.to(self.device), (height, width)

    @torch.no_grad()
    def between(
        self, first: tuple[Tensor, tuple[int, int]], second: tuple[Tensor, tuple[int, int]]
    ) -> np.ndarray:
        """(H, W, 2) float32 displacement between prepared frames."""
        # One thread, since sums in another number of threads round otherwise.
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            fields = self.network(first[0], second[0], num_flow_updates=self.updates)
        finally:
            torch.set_num_threads(threads)
        height, width = first[1]
        return fields[-1][0, :, :height, :width].permute(1, 2, 0).float().cpu().numpy()


def _padded(side: int) -> int:
    return max(_LEAST_SIDE, -(-side // _MULTIPLE) * _MULTIPLE)


def fetch_weights(model: str) -> Path:
    """Path of torchvision's own weights, downloaded on first use.

    Args:
        model: ``raft_large`` or ``raft_small``.

    Raises:
        DataError: they cannot be downloaded.
    """
    names = {'raft_large': 'Raft_Large_Weights', 'raft_small': 'Raft_Small_Weights'}
    url = getattr(optical_flow, names[model]).DEFAULT.url
    path = Path(torch.hub.get_dir()) / 'checkpoints' / Path(urlparse(url).path).name
    if not path.is_file():
        prefix = path.stem.rpartition('-')[2]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(url, str(path), prefix, progress=False)
        except (URLError, OSError, RuntimeError) as error:
            reason = getattr(error, 'reason', None) or one_line(error)
            raise DataError(
                f'{url}: cannot be downloaded ({reason}); fetch it and name it with --weights'
            ) from error
    return path

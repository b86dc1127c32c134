"""How busy a GPU is while a network is trained on it."""

import contextlib
import threading

import torch

from ..records.nvidia import ask_driver

INTERVAL_S = 1.0
"""The driver looks back over up to a second."""
_STOP_TIMEOUT_S = 5


class GpuUtilization:
    """Asks the driver once a second how busy a GPU is, in stretches that count together.

    The figure is NVML's ``utilization.gpu``: the share of the time just past in which any kernel
    ran on the device, whosever it was. It does not tell how much of the device a kernel used.

    Args:
        device: The device; there are no figures of any but a GPU.

    Attributes:
        samples: Shares between 0 and 1.
    """

    def __init__(self, device: torch.device) -> None:
        self.samples: list[float] = []
        self._device = device
        self._stop: threading.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def mean(self) -> float | None:
        """Mean of the samples; None where there are none."""
        return sum(self.samples) / len(self.samples) if self.samples else None

    def begin(self) -> None:
        """Begins a stretch, unless one runs."""
        if self._device.type != 'cuda' or self._thread is not None:
            return
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._sample, args=(self._stop, _address(self._device)), daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        """Ends the stretch that runs, if any."""
        if self._thread is None or self._stop is None:
            return
        self._stop.set()
        self._thread.join(_STOP_TIMEOUT_S)
        self._thread = self._stop = None

    def _sample(self, stop: threading.Event, address: str) -> None:
        # A driver that has once given no answer will give none later.
        while not stop.wait(INTERVAL_S) and (share := _share(address)) is not None:
            self.samples.append(share)


def _address(device: torch.device) -> str:
    """What the driver calls a device, which torch may know by another number."""
    return f'GPU-{torch.cuda.get_device_properties(device).uuid}'


def _share(address: str) -> float | None:
    rows = ask_driver('--query-gpu=utilization.gpu', f'--id={address}')
    with contextlib.suppress(ValueError):
        return int(rows[0][0]) / 100 if rows else None
    return None

"""The devices that a sweep's runs are carried out on, as its command line names them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import ConfigError
from ...records.execution import DEVICES, device_name


@dataclass(frozen=True)
class Devices:
    """What ``--device`` asks for, and what of it is here.

    Attributes:
        asked: What the command line asks for: ``cpu``, ``cuda``, or one GPU as ``cuda:1``.
        kind: ``cpu`` or ``cuda``, which is all that runs are told.
        name: Name of the processor, or of each of the GPUs; None where no such device is here.
        gpus: The GPUs that runs may have, each by what ``CUDA_VISIBLE_DEVICES`` calls it.
        absence: One line that says so where the device is not here.
    """

    asked: str
    kind: str
    name: str | None
    gpus: tuple[str, ...] = ()
    absence: str = ''

    def require(self) -> None:
        """Refuses a device that is not here.

        Raises:
            ConfigError: saying what is here instead.
        """
        if self.name is None:
            raise ConfigError(self.absence)


def device_kind(asked: str) -> str:
    """``cpu`` or ``cuda``, from what ``--device`` was given.

    Raises:
        ConfigError: the option is neither, nor a GPU by its number.
    """
    kind, colon, number = asked.partition(':')
    if kind not in DEVICES or (colon and not (kind == 'cuda' and number.isdecimal())):
        raise ConfigError(f'device {asked!r} is none of {", ".join(DEVICES)}, cuda:N')
    return kind


def find_devices(asked: str, names: Sequence[str]) -> Devices:
    """The devices that ``--device`` asks for.

    ``cuda`` asks for all GPUs of the first one's name, since all runs of a sweep have one execution
    fingerprint, and ``cuda:1`` for the second one alone. GPUs are counted as torch does, which sees
    those that ``CUDA_VISIBLE_DEVICES`` lets it see.

    Args:
        asked: What the option was given.
        names: Names of the CUDA devices that torch sees, in its order; unused for ``cpu``.

    Raises:
        ConfigError: ``asked`` names no device.
    """
    kind = device_kind(asked)
    if kind == 'cpu':
        return Devices(asked, kind, device_name(kind))
    gpus = dict(zip(_gpus_in_view(len(names)), names, strict=True))
    _, colon, number = asked.partition(':')
    if colon:
        gpus = dict([*gpus.items()][int(number) : int(number) + 1])
    if not gpus:
        known = ', '.join(f'cuda:{i} ({name})' for i, name in enumerate(names))
        here = f'{known} alone' if known else 'no CUDA device'
        return Devices(
            asked, kind, None, absence=f'device {asked}: torch finds {here} on this machine'
        )
    first = next(iter(gpus.values()))
    alike = tuple(gpu for gpu, name in gpus.items() if name == first)
    return Devices(asked, kind, first, alike)


def visible(gpus: Sequence[str]) -> dict[str, str]:
    """The variable by which a process sees these GPUs alone; none where there are none."""
    return {'CUDA_VISIBLE_DEVICES': ','.join(gpus)} if gpus else {}


def _gpus_in_view(count: int) -> list[str]:
    """What ``CUDA_VISIBLE_DEVICES`` calls the first ``count`` GPUs that this process sees.

    It may hold numbers or UUIDs, and what it holds is all that processes started here can see.
    """
    outer = os.environ.get('CUDA_VISIBLE_DEVICES')
    if outer is None:
        return [str(number) for number in range(count)]
    return [gpu.strip() for gpu in outer.split(',')][:count]

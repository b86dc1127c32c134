"""Which device the machines have that Slurm gives: a small job asks one of them, once."""

import time
from collections.abc import Callable
from pathlib import Path

from ....errors import ConfigError, ResultsError
from ....files.atomic import read_json, write_json
from ....files.hashes import digest
from ....records.execution import device_name
from ....records.folder import SweepPaths
from ..base import Resources
from .commands import facts_of
from .ends import end_of
from .options import SlurmOptions
from .submission import submit, waiting_for_slurm

_WHERE = (
    'partition', 'reservation', 'constraint', 'nodelist', 'exclude', 'gpus', 'gres', 'extra',
)  # fmt: skip
"""The options that have a say in which machine a job gets."""
_VISIBLE_S = 60.0
"""Seconds after which a file that another machine has written is seen here, at the latest."""


class TellDevice:
    """Writes the name of a machine's device, in a job.

    Args:
        kind: ``cpu`` or ``cuda``.
        path: File that gets it.
    """

    def __init__(self, kind: str, path: Path) -> None:
        self.kind = kind
        self.path = path

    def __call__(self) -> None:
        """Writes the name, or why there is none."""
        try:
            told = dict(name=device_name(self.kind))
        except ConfigError as error:
            told = dict(complaint=str(error))
        write_json(self.path, told)


def known_device(resources: Resources, options: SlurmOptions) -> str | None:
    """The name of the device, as an earlier call was told it; None where none was."""
    try:
        known = read_json(_known(resources))
    except ResultsError:
        return None
    name = known.get(_machines(resources, options)) if isinstance(known, dict) else None
    return name if isinstance(name, str) else None


def asked_device(resources: Resources, options: SlurmOptions, say: Callable[[str], None]) -> str:
    """The name of the device, from a machine that Slurm gives for the same options.

    Args:
        resources: What the sweep may use.
        options: What its jobs ask for.
        say: Called with a line before a person has to wait.

    Raises:
        ConfigError: there is none there, Slurm refuses the job, or it ends before it could tell.
    """
    kind = resources.devices.kind
    machines = _machines(resources, options)
    path = _known(resources).with_name(f'device-{machines}.json')
    path.unlink(missing_ok=True)
    asked = options.asked(kind, resources.threads)
    comment = f'ukd-bench:{digest(str(path.resolve()), 24)}'
    work = TellDevice(kind, path.resolve())
    number = waiting_for_slurm(
        lambda: submit(work, 'which_device', comment, path.parent, asked), say, options.poll_s
    )
    say(f'asking a machine of the cluster for its device: Slurm job {number}')
    told = _answer(path, number, say, min(1.0, options.poll_s))
    path.unlink(missing_ok=True)
    if 'name' not in told:
        raise ConfigError(f'{told.get("complaint")} (in Slurm job {number})')
    name = str(told['name'])
    earlier = read_json(_known(resources)) if _known(resources).exists() else {}
    write_json(_known(resources), {**earlier, machines: name})
    return name


def _answer(path: Path, number: str, say: Callable[[str], None], pause_s: float) -> dict:
    end, deadline = None, 0.0
    while not path.exists():
        time.sleep(pause_s)
        if end is None:
            end = waiting_for_slurm(lambda: end_of(number, facts_of(number)), say, pause_s)
            well = end is not None and 'COMPLETED' in end.words
            deadline = time.monotonic() + (_VISIBLE_S if well else 0.0)
        elif time.monotonic() > deadline:
            raise ConfigError(f'no machine told its device: {end.words}; see {path.parent}')
    return read_json(path)


def _known(resources: Resources) -> Path:
    assert resources.folder is not None
    return SweepPaths(resources.folder).slurm / 'devices.json'


def _machines(resources: Resources, options: SlurmOptions) -> str:
    return digest([resources.devices.kind, *(getattr(options, name) for name in _WHERE)], 12)

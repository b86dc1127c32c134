"""The right to write in a run's folder, which processes of several hosts may share.

A lock of the system's ends with its holder, but means little on a file system over a network. So a
folder has numbered leases, each a file that exactly one process can make, and who made the last one
holds the folder until that is released. While a holder lives it counts on in its lease. One is
taken for dead when its process is seen to be gone from the same host, or when it has not counted on
for :data:`DEAD_AFTER_BEATS` of its own intervals by the *observer's* clock: no time of another host
is believed. Then anybody may make the next lease. A holder that was only slow finds that one at its
next beat and ends, before it writes anything more.
"""

import contextlib
import json
import math
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigError, HeldError, ResultsError
from .folder import RunPaths
from .process import is_gone, is_seen, this_process

BEAT_S = 10.0
"""Seconds between two beats of a holder, unless ``UKD_BENCH_BEAT_S`` says otherwise."""

DEAD_AFTER_BEATS = 12
"""Intervals without a beat after which a holder counts as dead. Over a network, what is written may
be seen a minute late."""

_BRIEF_S = 0.05
_JOBS = ('SLURM_JOB_ID', 'PBS_JOBID', 'LSB_JOBID', 'JOB_ID')


@dataclass(frozen=True)
class Found:
    """The last lease of a folder, as it was found.

    Attributes:
        number: Its number.
        content: What it says of its holder; nothing where it cannot be read for now.
    """

    number: int
    content: Mapping[str, Any]

    @property
    def is_released(self) -> bool:
        """Whether its holder has given it back."""
        return self.content.get('released') is True

    @property
    def is_brief(self) -> bool:
        """Whether its holder makes the folder ready or tidies it, and carries no run out."""
        return self.content.get('brief') is True

    @property
    def holder(self) -> str:
        """Who holds it, in words."""
        host, pid, job = (self.content.get(name) for name in ('host', 'pid', 'job'))
        return f'process {pid} on {host}' + (f', job {job}' if job else '')


def find_lease(paths: RunPaths) -> Found | None:
    """The last lease of a run's folder; None where there never was one.

    Raises:
        ResultsError: the folder of leases cannot be read.
    """
    try:
        names = os.listdir(paths.leases)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ResultsError(f'{paths.leases}: cannot be read ({error.strerror})') from error
    numbers = [int(name) for name in names if name.isdecimal()]
    if not numbers:
        return None
    number = max(numbers)
    content: Any = None
    with contextlib.suppress(OSError, ValueError):
        content = json.loads((paths.leases / str(number)).read_bytes())
    return Found(number, content if isinstance(content, dict) else {})


class Watch:
    """Tells a holder that is dead from one that is slow, by looking again and again.

    Args:
        clock: Seconds of this process's own clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # By folder: what was seen, when it was looked at last, and for how long it has not changed.
        self._seen: dict[Path, tuple[Found, float, float]] = {}

    def is_free(self, paths: RunPaths, found: Found | None) -> bool:
        """Whether a folder's last lease keeps nobody out, as far as is known by now."""
        if found is None or found.is_released or is_gone(found.content):
            return True
        now = self._clock()
        before, looked, still_s = self._seen.get(paths.root, (None, now, 0.0))
        interval = interval_of(found.content)
        # Where this process or the file system stood still, nobody's beats could be seen.
        still_s = still_s + min(now - looked, interval) if before == found else 0.0
        self._seen[paths.root] = found, now, still_s
        return still_s > DEAD_AFTER_BEATS * interval


def interval_of(content: Mapping[str, Any]) -> float:
    """Seconds between the beats of a lease's holder."""
    told = content.get('every_s')
    return float(told) if isinstance(told, (int, float)) and told > 0 else BEAT_S


class Lease:
    """A lease that this process holds or would like to.

    Args:
        paths: The run's folder, which exists.
        brief: Whether it is held for moments, as by who makes a folder ready.

    Attributes:
        job: Number of the scheduler's job that this process is part of, if it is of one.
        every_s: Seconds between two beats.
    """

    def __init__(self, paths: RunPaths, brief: bool = False) -> None:
        self.paths = paths
        self._brief = brief
        self.every_s = _interval()
        self._token = uuid.uuid4().hex
        self._number = 0
        self._beat = 0
        self.job = next((os.environ[name] for name in _JOBS if os.environ.get(name)), None)
        self._facts = this_process()

    def take(self, watch: Watch) -> bool:
        """Takes the folder where it is free; returns whether it did.

        Raises:
            ResultsError: the folder cannot be written.
        """
        found = find_lease(self.paths)
        if not watch.is_free(self.paths, found):
            return False
        number = 1 if found is None else found.number + 1
        try:
            self.paths.leases.mkdir(exist_ok=True)
            made = self._make(self.paths.leases / str(number))
        except OSError as error:
            raise ResultsError(
                f'{self.paths.leases}: cannot be written ({error.strerror})'
            ) from error
        if not made:
            return False
        self._number = number
        last = find_lease(self.paths)
        if last is not None and last.number > number:
            # Since it looked, others have made this number and the next, and removed this one.
            with contextlib.suppress(OSError):
                (self.paths.leases / str(number)).unlink()
            return False
        self._remove_earlier()
        return True

    def is_held(self) -> bool:
        """Whether it is still the last one; once it is not, nothing may be written any more."""
        try:
            found = find_lease(self.paths)
        except ResultsError:
            # Nobody can have taken what cannot be reached.
            return True
        return found is not None and found.number == self._number

    def beat(self) -> None:
        """Counts on, for whoever watches."""
        self._beat += 1
        # A beat that cannot be written is missed; the next one may be.
        with contextlib.suppress(OSError):
            self._write()

    def release(self) -> None:
        """Gives the folder back; the file stays, so that its number is never given anew."""
        if self.is_held():
            with contextlib.suppress(OSError):
                self._write(released=True)

    def _make(self, path: Path) -> bool:
        mine = self._spare()
        _put(mine, self._content())
        try:
            os.link(mine, path)
        except FileExistsError:
            # The answer to a link that was made may have been lost on the way.
            return _token_in(path) == self._token
        except OSError:
            # A file system without links.
            return _put_alone(path, self._content())
        finally:
            mine.unlink(missing_ok=True)
        return True

    def _write(self, **more: Any) -> None:
        _put(self._spare(), self._content() | more)
        os.replace(self._spare(), self.paths.leases / str(self._number))

    def _spare(self) -> Path:
        return self.paths.leases / f'.{self._token}'

    def _content(self) -> dict[str, Any]:
        return dict(
            self._facts,
            job=self.job,
            token=self._token,
            beat=self._beat,
            every_s=self.every_s,
            brief=self._brief,
        )

    def _remove_earlier(self) -> None:
        # Who holds the last one needs none of them to be gone.
        with contextlib.suppress(OSError):
            for path in self.paths.leases.iterdir():
                if path.name.isdecimal() and int(path.name) < self._number:
                    path.unlink(missing_ok=True)


@contextlib.contextmanager
def leased(paths: RunPaths, watch: Watch | None = None, patient: bool = False) -> Iterator[Lease]:
    """Holds a run's folder for a block.

    Args:
        paths: The run's folder, which exists.
        watch: What was seen of holders so far; None is nothing.
        patient: Whether the run is carried out in the block, and not only its folder made ready: it
            is waited until it is certain that a holder carries the run out, or is dead.

    Raises:
        HeldError: another process holds the folder, naming it.
        ResultsError: the folder cannot be written.
    """
    lease, watch = Lease(paths, brief=not patient), watch or Watch()
    first = find_lease(paths)
    while not lease.take(watch):
        found = find_lease(paths)
        if found is None or found.is_released:
            continue
        # Who gave way to one that makes the folder ready would leave it to nobody.
        stays = not found.is_brief and (found != first or is_seen(found.content))
        if not patient or stays:
            raise HeldError(f'{paths.root}: {found.holder} carries this run out')
        time.sleep(min(_BRIEF_S if found.is_brief else 1.0, interval_of(found.content) / 4))
    try:
        yield lease
    finally:
        lease.release()


def _interval() -> float:
    told = os.environ.get('UKD_BENCH_BEAT_S', '')
    try:
        seconds = float(told) if told else BEAT_S
    except ValueError:
        seconds = math.nan
    if not 0.05 <= seconds <= 3600:
        raise ConfigError(f'UKD_BENCH_BEAT_S = {told!r} is no number of seconds from 0.05 to 3600')
    return seconds


def _put(path: Path, content: Mapping[str, Any]) -> None:
    path.write_bytes(json.dumps(content).encode())


def _put_alone(path: Path, content: Mapping[str, Any]) -> bool:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, 'wb') as file:
        file.write(json.dumps(content).encode())
    return True


def _token_in(path: Path) -> str | None:
    try:
        return json.loads(path.read_bytes()).get('token')
    except (OSError, ValueError, AttributeError):
        return None

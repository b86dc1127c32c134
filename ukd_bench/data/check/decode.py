"""Decodes every video to its last frame, in processes that may die of one."""

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from ...errors import DataError

PATIENCE_S = 120.0
"""Seconds after which a clip that is still not decoded is given up."""
WRONG_WIDTH = 'decord cannot read videos of this width'
"""Beginning of the fault of a video that is whole, but no use to a pipeline."""


def fault_of(path: Path) -> str | None:
    """The reason why a video does not decode to its last frame; None if it does."""
    import cv2

    from ..video.frames import DecodedVideo

    try:
        video = DecodedVideo(path)
        if len(video) == 0:
            return 'it holds no frame'
        video.take([0, len(video) - 1])
    except DataError as error:
        return _wrong_width(path) or str(error).removeprefix(f'{path}: ')
    # Decord leaves out what it cannot decode and counts the rest; the container knows better.
    capture = cv2.VideoCapture(str(path))
    stated = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    frames = 0
    while capture.grab():
        frames += 1
    capture.release()
    # Some encoders count a frame without content.
    return f'only {frames} of {stated} frames can be decoded' if frames < stated - 1 else None


def _wrong_width(path: Path) -> str | None:
    """The fault of a video whose rows decord hands out with the padding of its buffer."""
    import decord

    try:
        height, width, channels = decord.VideoReader(str(path), num_threads=1)[0].shape
    except (decord.DECORDError, IndexError, RuntimeError):
        return None
    return f'{WRONG_WIDTH} ({width}x{height})' if channels != 3 else None


def faults(
    paths: Iterable[Path],
    workers: int,
    progress: Callable[[int, int], Any] | None = None,
    check: Callable[[Path], str | None] = fault_of,
    patience_s: float = PATIENCE_S,
) -> dict[Path, str]:
    """Finds the videos that do not decode, and the reasons.

    Each worker has one video at a time, so that the one on which it dies or hangs is known; another
    takes its place and the rest go on.

    Args:
        paths: The videos.
        workers: Processes.
        progress: Called with (videos done, videos in all).
        check: Maps a path to what is wrong; a function of a module, which the processes import.
        patience_s: Seconds after which a video is given up.
    """
    todo = deque(paths)
    total, done = len(todo), 0
    found: dict[Path, str] = {}
    with _Workers(min(workers, total), check) as running:
        for worker in running.idle():
            worker.give(todo.popleft())
        while any(worker.path for worker in running.all):
            for worker, fault in running.answers(patience_s):
                assert worker.path is not None
                if fault is not None:
                    found[worker.path] = fault
                worker.path = None
                done += 1
                if progress is not None:
                    progress(done, total)
            for worker in running.idle():
                if todo:
                    worker.give(todo.popleft())
    return found


@dataclass
class _Worker:
    """A process, the video that it has, and since when."""

    process: Any
    pipe: Connection
    path: Path | None = None
    since: float = 0.0

    def give(self, path: Path) -> None:
        self.path, self.since = path, time.monotonic()
        self.pipe.send(path)


class _Workers:
    """Processes that answer one question at a time, and are replaced where they die."""

    def __init__(self, number: int, check: Callable[[Path], str | None]) -> None:
        # Spawned, because a fork of a process with running threads may hang.
        self._context = multiprocessing.get_context('spawn')
        self._check = check
        self.all = [self._start() for _ in range(number)]

    def __enter__(self) -> '_Workers':
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self.all:
            self._stop(worker)

    def idle(self) -> list[_Worker]:
        return [worker for worker in self.all if worker.path is None]

    def answers(self, patience_s: float) -> Iterator[tuple[_Worker, str | None]]:
        """Waits for an answer, a death or the end of patience; yields what came."""
        busy = {worker.pipe: worker for worker in self.all if worker.path is not None}
        oldest = min(worker.since for worker in busy.values())
        ready = wait(list(busy), max(0.0, oldest + patience_s - time.monotonic()))
        for pipe in ready:
            worker = busy[pipe]  # type: ignore[index]
            try:
                yield worker, worker.pipe.recv()
            except (EOFError, OSError):
                self._replace(worker)
                yield worker, 'the decoder crashed on it'
        for worker in busy.values():
            late = worker.path is not None and time.monotonic() - worker.since > patience_s
            if worker.pipe not in ready and late:
                self._replace(worker)
                yield worker, f'the decoder did not come to an end in {patience_s:g} s'

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._check), daemon=True)
        process.start()
        # Held by the process alone, so that its death closes the pipe.
        theirs.close()
        return _Worker(process, ours)

    def _replace(self, worker: _Worker) -> None:
        self._stop(worker)
        new = self._start()
        worker.process, worker.pipe = new.process, new.pipe

    def _stop(self, worker: _Worker) -> None:
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()


def _serve(pipe: Connection, check: Callable[[Path], str | None]) -> None:
    """Answers for one path after another until the pipe is closed."""
    # FFmpeg's messages about a broken stream name no file; the answer does.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    while True:
        try:
            path = pipe.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        try:
            pipe.send(check(path))
        except KeyboardInterrupt:
            return
        except Exception as error:
            pipe.send(f'{type(error).__name__}: {error}'.splitlines()[0][:200])

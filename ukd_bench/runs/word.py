"""What one of a run's further processes says at its end, to the first."""

import json
import os
from dataclasses import asdict, dataclass
from typing import IO

from ..distill.target_hash import TargetHash
from ..measure.memory.phases import Peaks
from .facts import RunFacts


@dataclass(frozen=True)
class Word:
    """What a process says of its part of a training.

    Attributes:
        status: A status of a record, or ``failed``.
        message: What went wrong, in one line.
        is_aftermath: Whether that may come of another process that is gone.
        memory: Its peaks by phase.
        targets: Hash of the targets of its share; None where there were none.
        teacher_forwards: Forwards of teachers in it.
    """

    status: str
    message: str
    is_aftermath: bool
    memory: Peaks
    targets: str | None
    teacher_forwards: int

    def write(self, descriptor: int) -> None:
        """Leaves the word in a file that whoever started this process has open."""
        os.write(descriptor, json.dumps(asdict(self)).encode())

    def add_to(self, facts: RunFacts) -> None:
        """Adds what a training has a sum of to that of the processes before."""
        targets, forwards = facts.hashes.get('targets'), facts.counts.get('teacher_forwards')
        if forwards is not None:
            facts.counts.update(teacher_forwards=forwards + self.teacher_forwards)
        if targets is not None and self.targets is not None:
            whole = TargetHash()
            whole.add(int(targets, 16))
            whole.add(int(self.targets, 16))
            facts.hashes.update(targets=whole.hexdigest())


def read_word(file: IO[bytes]) -> Word | None:
    """The word that was left in a file; None where there is none, or a part of one."""
    content = os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)
    try:
        return Word(**json.loads(content))
    except (ValueError, TypeError):
        return None

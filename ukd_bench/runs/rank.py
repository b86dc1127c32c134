"""One of a run's further processes, which :mod:`.processes` starts: its share of a training.

The command is ``python -m ukd_bench.runs.rank FOLDER PORT DESCRIPTOR RESUMES``. It writes nothing
into the folder, and says what it has found out into the open file DESCRIPTOR.
"""

import gc
import os
import signal
import sys
import traceback
from pathlib import Path

from ..errors import DivergedError, UkdBenchError, one_line
from ..measure.memory.phases import PhaseMemory
from ..measure.memory.shortage import out_of_memory
from ..records.folder import RunPaths
from ..records.spec import RunSpec
from .build import prepare_process
from .facts import RunFacts
from .processes import is_aftermath, join
from .resume import resume_from
from .train import read_training, take_part
from .word import Word


def main(folder: Path, port: int, descriptor: int, resumes: bool) -> int:
    """Takes part in a run's training; returns the exit status.

    Args:
        folder: The run's folder.
        port: Where the run's processes meet.
        descriptor: Open file for what this one has to say.
        resumes: Whether the training goes on from the run's checkpoint.
    """
    # What an interrupt means is for the first process to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    paths, facts = RunPaths(folder), RunFacts()
    spec = RunSpec.read(paths.spec)
    memory = PhaseMemory(prepare_process(spec))
    status, problem = 'done', None
    try:
        join(spec, int(os.environ['RANK']), port)
        config = read_training(paths)
        if resumes:
            resume_from(config, paths.resume)
        take_part(paths, config, spec, memory, facts)
    except Exception as error:
        problem = error
        status = 'oom' if out_of_memory(error) else 'failed'
        status = 'diverged' if isinstance(error, DivergedError) else status
        if status == 'failed' and not (isinstance(error, UkdBenchError) or is_aftermath(error)):
            traceback.print_exc()
    finally:
        memory.end()
    Word(
        status=status,
        message=_described(problem) if problem is not None else '',
        is_aftermath=problem is not None and is_aftermath(problem),
        memory=memory.peaks,
        targets=facts.hashes.get('targets'),
        teacher_forwards=facts.counts.get('teacher_forwards') or 0,
    ).write(descriptor)
    return 0 if status == 'done' else 1


def _described(problem: Exception) -> str:
    meant_for_people = isinstance(problem, UkdBenchError)
    return (
        one_line(problem) if meant_for_people else f'{type(problem).__name__}: {one_line(problem)}'
    )


if __name__ == '__main__':
    _, _folder, *_numbers = sys.argv
    _port, _descriptor, _resumes = map(int, _numbers)
    sys.exit(main(Path(_folder), _port, _descriptor, bool(_resumes)))

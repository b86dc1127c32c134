"""What torch's allocator hands out on a GPU in a rehearsal, event by event.

    python -m tests.measure.memory.history STUDENT METHOD FILE

rehearses a student of ``arid_v1`` by a method (or ``bank``) with a teacher of its own backbone, and
writes the history of torch's allocator as JSON, gzipped where the name ends so: ``mark``, where
each phase begins; ``peaks``; and ``rows``, each an action, bytes, an address, and the innermost
lines of Python that it came from (none in a backward pass).
"""

import gzip
import json
import sys
import tempfile
from pathlib import Path

from ukd_bench.measure.memory.rehearsal.subject import Cell, Subject

_MOST_EVENTS = 300_000
_FRAMES = 3


def subject(student):
    """A student of ``arid_v1`` with the first teacher of its backbone."""
    from ukd_bench.files.configs import configs_root

    names = sorted(path.name for path in (configs_root() / 'teachers').glob(f'{student}-*_arid.py'))
    pool = (str(configs_root() / 'teachers' / names[0]),)
    return Subject(student, '{method}/{student}_arid.py', pool, 8, 'cuda')


def read(path):
    """A history as it was written."""
    with gzip.open(path, 'rt') as file:
        return json.load(file)


def peak_bytes(history, phase):
    """The most bytes that were handed out at once in a phase, as they were asked for."""
    begins = [begin for _, begin in history['mark']]
    begin = dict(history['mark'])[phase]
    end = min((other for other in begins if other > begin), default=len(history['rows']))
    live, level, peak = {}, 0, 0
    for number, (action, size, address, _) in enumerate(history['rows'][:end]):
        if action == 'alloc':
            live[address] = size
            level += size
        elif action == 'free_completed':
            level -= live.pop(address, 0)
        if number >= begin:
            peak = max(peak, level)
    return peak


def record(student, method, path):
    """Rehearses on the GPU at hand, and writes the history."""
    import torch
    from mmaction.utils import register_all_modules

    from ukd_bench.measure.memory.real.stage import RealStage
    from ukd_bench.measure.memory.rehearsal.cells import rehearse_cell

    def events():
        return torch.cuda.memory._snapshot()['device_traces'][0]

    class Marked(RealStage):
        def begin(self, phase, network=None):
            super().begin(phase, network)
            mark.append((phase, len(events())))

    mark = []
    torch.set_num_threads(1)
    register_all_modules(init_default_scope=True)
    torch.cuda.init()
    torch.cuda.memory._record_memory_history(
        context='alloc', stacks='python', max_entries=_MOST_EVENTS
    )
    stage = Marked(torch.device('cuda'))
    with tempfile.TemporaryDirectory() as folder:
        rehearse_cell(subject(student), Cell(method), Path(folder), stage)
    rows = [
        (event['action'], event['size'], event['addr'], [*map(_line, event['frames'][:_FRAMES])])
        for event in events()
    ]
    with gzip.open(path, 'wt') as file:
        json.dump(dict(mark=mark, peaks=stage.peaks, rows=rows), file)


def _line(frame):
    name = frame['filename'].rpartition('/')[2]
    return f'{name}:{frame["line"]}:{frame["name"]}'


if __name__ == '__main__':
    record(*sys.argv[1:])

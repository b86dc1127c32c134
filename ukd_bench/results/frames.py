"""Sweeps as pandas DataFrames: a row a run, or a row a run and test clip."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .loading import load_sweep
from .runs import Run, Sweep
from .scores import load_scores

_Value = Callable[[Sweep, Run], Any]


def _own(name: str) -> _Value:
    return lambda sweep, run: getattr(run, name)


def _recorded(section: str, name: str) -> _Value:
    return lambda sweep, run: run.value(section, name)


def _peak(phase: str) -> _Value:
    return lambda sweep, run: run.memory(phase)


def _device(name: str) -> _Value:
    return lambda sweep, run: (run.value('environment', 'device') or {}).get(name)


def _whole(name: str) -> _Value:
    return lambda sweep, run: (run.record or {}).get(name)


TEXT, WHOLE, NUMBER, FLAG = 'string', 'Int64', 'Float64', 'boolean'

COLUMNS: dict[str, tuple[str, _Value]] = {
    'sweep': (TEXT, lambda sweep, run: sweep.name),
    'results': (TEXT, lambda sweep, run: str(sweep.root)),
    'folder': (TEXT, _own('folder')),
    'key': (TEXT, _own('key')),
    'execution': (TEXT, _own('execution')),
    'method': (TEXT, _own('method')),
    'title': (TEXT, lambda sweep, run: sweep.methods.heading(run.method)),
    'regime': (TEXT, lambda sweep, run: ', '.join(run.regimes)),
    'student': (TEXT, _own('student')),
    'teacher': (TEXT, _own('teacher')),
    'num_teachers': (WHOLE, _own('num_teachers')),
    'seed': (WHOLE, _own('seed')),
    'dataset': (TEXT, lambda sweep, run: sweep.dataset.get('name')),
    'synthetic': (FLAG, lambda sweep, run: sweep.synthetic),
    'split': (WHOLE, _own('split')),
    'test_samples': (WHOLE, _recorded('dataset', 'test_samples')),
    'epochs': (WHOLE, _own('epochs')),
    'full_epochs': (WHOLE, _own('full_epochs')),
    'batch_size': (WHOLE, _recorded('schedule', 'batch_size')),
    'processes': (WHOLE, _recorded('schedule', 'processes')),
    'protocol': (TEXT, _recorded('protocol', 'name')),
    'selection': (TEXT, _whole('selection')),
    'selected_epoch': (WHOLE, _whole('selected_epoch')),
    'status': (TEXT, _own('status')),
    'problem': (TEXT, _own('problem')),
    'top1': (NUMBER, lambda sweep, run: run.metric('top1')),
    'top5': (NUMBER, lambda sweep, run: run.metric('top5')),
    'mean_class': (NUMBER, lambda sweep, run: run.metric('mean_class')),
    'init_peak_bytes': (WHOLE, _peak('init')),
    'fill_peak_bytes': (WHOLE, _peak('fill')),
    'train_peak_bytes': (WHOLE, _peak('train')),
    'eval_peak_bytes': (WHOLE, _peak('eval')),
    'pipeline_peak_bytes': (WHOLE, lambda sweep, run: sweep.pipeline_peak(run)),
    'process_peak_bytes': (WHOLE, lambda sweep, run: run.peak('process_peak_bytes')),
    'step_median_s': (NUMBER, _recorded('time', 'step_median_s')),
    'fill_s': (NUMBER, _recorded('time', 'fill_s')),
    'train_s': (NUMBER, _recorded('time', 'train_s')),
    'eval_s': (NUMBER, _recorded('time', 'eval_s')),
    'wall_s': (NUMBER, _recorded('time', 'wall_s')),
    'pipeline_s': (NUMBER, lambda sweep, run: sweep.pipeline_time(run)),
    'parameters': (WHOLE, _recorded('counts', 'parameters')),
    'inference_flops': (WHOLE, _recorded('counts', 'inference_flops')),
    'train_steps': (WHOLE, _recorded('counts', 'train_steps')),
    'teacher_forwards': (WHOLE, _recorded('counts', 'teacher_forwards')),
    'rule': (TEXT, _recorded('knowledge', 'rule')),
    'weight': (NUMBER, _recorded('knowledge', 'weight')),
    'temperature': (NUMBER, _recorded('knowledge', 'temperature')),
    'divergence': (NUMBER, _recorded('knowledge', 'divergence')),
    'num_views': (WHOLE, _recorded('knowledge', 'num_views')),
    'bank_bytes': (WHOLE, _recorded('knowledge', 'bank_bytes')),
    'targets_sha256': (TEXT, _recorded('hashes', 'targets')),
    'initial_sha256': (TEXT, _recorded('hashes', 'initial_state')),
    'trained_sha256': (TEXT, _recorded('hashes', 'student_state')),
    'device': (TEXT, _device('name')),
    'device_kind': (TEXT, _device('kind')),
    'threads': (WHOLE, _recorded('environment', 'threads')),
    'precision': (TEXT, _recorded('environment', 'precision')),
}
"""Columns of :func:`load`: the type of each, and where its values come from."""

RUN_COLUMNS = (
    *('sweep', 'results', 'key', 'method', 'title', 'regime', 'student', 'teacher'),
    *('num_teachers', 'seed', 'split'),
)
"""Columns of :func:`load` that :func:`load_clips` has as well."""


def load(*folders: Path | str) -> pd.DataFrame:
    """All planned runs of some sweeps, a row each.

    A run without a result has its row, too: its ``status`` says why, and what was not measured is
    missing (``pd.NA``), never 0. Keep to ``frame[frame.status == 'done']`` for means.

    Args:
        folders: Results folders, one a sweep.

    Returns:
        The columns of ``COLUMNS``, in nullable types, whatever was measured. Figures are fractions,
        bytes and seconds.

    Raises:
        ResultsError: a folder holds no sweep.
    """
    rows = list(_runs(folders))
    return pd.DataFrame(
        {
            name: pd.array([value(sweep, run) for sweep, run in rows], dtype=kind)
            for name, (kind, value) in COLUMNS.items()
        }
    )


def load_clips(*folders: Path | str) -> pd.DataFrame:
    """Test scores of some sweeps: a row a run and clip.

    Args:
        folders: Results folders, one a sweep.

    Returns:
        ``RUN_COLUMNS``, then ``video``, its ``label`` and the class ``predicted``, both by name,
        whether that is ``correct``, and the probability of each class, in a column of the class's
        name with ``p_`` before it. Runs without scores have no rows.

    Raises:
        ResultsError: a folder holds no sweep.
    """
    parts = []
    for sweep, run in _runs(folders):
        scores = load_scores(run)
        if scores is None:
            continue
        classes = np.array(run.value('dataset', 'classes') or range(scores.scores.shape[1]), str)
        told = {name: COLUMNS[name][1](sweep, run) for name in RUN_COLUMNS}
        clips = pd.DataFrame(
            {
                'video': scores.samples,
                'label': classes[scores.labels],
                'predicted': classes[scores.scores.argmax(axis=1)],
                'correct': scores.hits == 1,
                **dict(zip((f'p_{name}' for name in classes), scores.scores.T, strict=True)),
            }
        )
        parts.append(pd.DataFrame(told, index=clips.index).join(clips))
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*RUN_COLUMNS])
    return whole.astype({name: COLUMNS[name][0] for name in RUN_COLUMNS})


def _runs(folders: tuple[Path | str, ...]) -> Iterator[tuple[Sweep, Run]]:
    for folder in folders:
        sweep = load_sweep(Path(folder))
        yield from ((sweep, run) for run in sweep.runs)

"""Carries out one run of a sweep in this process, from its folder, and writes what came of it."""

import datetime
import os
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from mmengine.config import Config

from ..errors import DivergedError, UkdBenchError, one_line
from ..files.atomic import write_json
from ..measure.memory.phases import PhaseMemory
from ..records.execution import environment
from ..records.folder import RunPaths
from ..records.key import scientific
from ..records.record import write_record
from ..records.spec import RunSpec
from .build import precision, prepare_process
from .ensemble import evaluate_ensemble
from .facts import RunFacts, make_record
from .fill_bank import fill_bank
from .resume import discard
from .train import train_and_test

EXIT_STATUS = {'done': 0, 'failed': 2, 'oom': 3, 'diverged': 4}
"""Exit statuses of a run's process, by the state that the run ended in; 1 is a defect."""


def carry_out(paths: RunPaths) -> str:
    """Carries out the run in a folder and writes its state and record.

    Returns:
        The state it ended in.

    Raises:
        UkdBenchError: the folder holds no run.
    """
    spec = RunSpec.read(paths.spec)
    began = time.perf_counter()
    started = _now()
    _write_state(paths, 'running', host=socket.gethostname(), pid=os.getpid(), started=started)
    memory = PhaseMemory(prepare_process(spec))
    facts, status, error = RunFacts(), 'done', None
    try:
        _work(spec)(paths, spec, memory, facts)
    except DivergedError as problem:
        status, error = 'diverged', _describe(problem)
    except UkdBenchError as problem:
        _write_state(paths, 'failed', error=_describe(problem))
        print(f'error: {problem}', file=sys.stderr)
        return 'failed'
    except KeyboardInterrupt:
        _write_state(paths, 'interrupted')
        raise
    except Exception as problem:
        if not _is_out_of_memory(problem):
            _write_state(paths, 'failed', error=_describe(problem))
            raise
        status, error = 'oom', _describe(problem)
    finally:
        memory.end()
    if facts.earlier_s is not None:
        facts.time['wall_s'] = time.perf_counter() - began + facts.earlier_s
    config = Config.fromfile(paths.config)
    # Teachers score in float32, whatever a config trains in.
    trains = _work(spec) is train_and_test
    surroundings = dict(
        environment(
            spec.device, spec.threads, precision(config, spec.device) if trains else 'float32'
        ),
        started=started,
        finished=_now(),
        resumed_at_epochs=facts.resumed_at,
    )
    config_facts = scientific(config.to_dict(), spec.hook, spec.weights)
    record = make_record(spec, facts, memory, config_facts, surroundings, status, error)
    write_record(paths.record, record)
    _write_state(paths, status, error=error)
    discard(paths.resume)
    discard(paths.fill_progress)
    return status


def _is_out_of_memory(problem: Exception) -> bool:
    # The CPU's allocator raises a plain RuntimeError.
    return isinstance(problem, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(problem, RuntimeError) and 'DefaultCPUAllocator' in str(problem)
    )


def _work(spec: RunSpec) -> Callable[[RunPaths, RunSpec, PhaseMemory, RunFacts], None]:
    return {'bank': fill_bank, 'ensemble': evaluate_ensemble}.get(spec.method, train_and_test)


def _write_state(paths: RunPaths, status: str, **facts: Any) -> None:
    write_json(paths.state, dict(status=status, **facts))


def _describe(problem: BaseException) -> dict:
    return dict(type=type(problem).__name__, message=one_line(problem))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec='seconds')

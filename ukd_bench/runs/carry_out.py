"""Carries out one run of a sweep in this process, from its folder, and writes what came of it."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from ..errors import (
    ConfigError,
    DivergedError,
    HeldError,
    ResultsError,
    UkdBenchError,
    is_unreadable,
    one_line,
)
from ..files.atomic import write_json
from ..files.configs import read_config
from ..knowledge.parts import lost_part
from ..measure.memory.phases import PhaseMemory, preloaded_bytes
from ..measure.memory.shortage import out_of_memory
from ..methods.table import TRAINS_NOTHING
from ..records.execution import environment, execution_fingerprint
from ..records.folder import RunPaths
from ..records.key import scientific
from ..records.lease import Lease, leased
from ..records.moment import present_moment
from ..records.process import this_process
from ..records.record import FINAL_STATUSES, read_record, write_record
from ..records.shared_gpu import runs_per_gpu
from ..records.spec import RunSpec
from ..records.user_code import changed_sources
from ..records.weights import changed_weights
from .as_planned import require_planned_files
from .build import precision, prepare_process, require_one_launched
from .ensemble import evaluate_ensemble
from .facts import RunFacts, make_record
from .fill_bank import fill_bank
from .heartbeat import heartbeat
from .resume import discard
from .train import train_and_test

EXIT_STATUS = {'done': 0, 'failed': 2, 'oom': 3, 'diverged': 4}
"""Exit statuses of a run's process, by the state that the run ended in; 1 is a defect."""


def carry_out(paths: RunPaths) -> str:
    """Carries out the run in a folder and writes its state and record.

    A run that is finished and has all its parts is left as it is. While a process carries a run
    out, it holds the folder.

    Returns:
        The state it ended in.

    Raises:
        UkdBenchError: the folder holds no run, or another process carries it out.
    """
    if not (paths.spec.is_file() or paths.leases.is_dir()):
        # It is left as it is, without a lease.
        if paths.root.is_dir():
            RunSpec.read(paths.spec)
        raise ResultsError(f'{paths.root}: no such folder of a run')
    # A scheduler may start a run anew while its former process is still there, or long gone.
    with leased(paths, patient=True) as lease, heartbeat(lease):
        # Whoever prepares the folder holds it, too.
        spec = RunSpec.read(paths.spec)
        record = _finished(paths, spec)
        if record is None:
            return _carry_out(paths, spec, lease)
        status = record['status']
        print(f'{paths.root}: is {status} already; without its record.json it is carried out again')
        # The process that wrote the record may have been killed just after.
        _end(paths, status, record.get('error'))
        return status


def _finished(paths: RunPaths, spec: RunSpec) -> dict | None:
    """The run's record, where it stands for all that the run would leave; None where not.

    Raises:
        ResultsError: a file is there and cannot be read, so that the run may be whole.
    """
    try:
        record = read_record(paths.record)
    except ResultsError as error:
        if is_unreadable(error):
            raise
        return None
    status = record['status']
    is_result = status in FINAL_STATUSES and (status != 'done' or lost_part(paths, record) is None)
    is_this = (record['key'], record['execution']) == (spec.key, spec.execution)
    return record if is_this and is_result else None


def _carry_out(paths: RunPaths, spec: RunSpec, lease: Lease) -> str:
    started = present_moment()
    try:
        _write_state(paths, 'running', **this_process(), job=lease.job, started=started)
        status, error = _make_record(paths, spec, lease, started)
    except KeyboardInterrupt:
        if lease.is_held():
            _write_state(paths, 'interrupted')
        raise
    except HeldError:
        # The folder is another's now.
        raise
    except Exception as problem:
        # What another has cleared away is no failure of the run.
        _require_held(paths, lease)
        _write_state(paths, 'failed', error=_describe(problem))
        if not isinstance(problem, UkdBenchError):
            raise
        print(f'error: {problem}', file=sys.stderr)
        return 'failed'
    _end(paths, status, error)
    return status


def _make_record(
    paths: RunPaths, spec: RunSpec, lease: Lease, started: str
) -> tuple[str, dict | None]:
    """Carries the run out and writes its record; returns the record's status and error."""
    began = time.perf_counter()
    require_one_launched()
    # What cannot be read is told before hours of training.
    runs_per_gpu(spec.device)
    memory = PhaseMemory(prepare_process(spec))
    facts, status, error = RunFacts(), 'done', None

    def write(status: str, error: dict | None) -> None:
        if facts.earlier_s is not None:
            facts.time['wall_s'] = time.perf_counter() - began + facts.earlier_s
        _write_record(paths, spec, lease, started, memory, facts, status, error)

    def give_up(problem: Exception) -> NoReturn:
        _give_up(paths, problem, write)

    try:
        _require_what_was_planned(paths, spec)
        if spec.method == 'bank':
            fill_bank(paths, spec, memory, facts)
        elif spec.method == 'ensemble':
            evaluate_ensemble(paths, spec, memory, facts)
        else:
            train_and_test(paths, spec, memory, facts, give_up)
    except Exception as problem:
        status, error = _outcome(problem)
    finally:
        memory.end()
    write(status, error)
    return status, error


def _outcome(problem: Exception) -> tuple[str, dict]:
    """Status and error of a record, where a problem is a result; raises it where it is none."""
    if isinstance(problem, DivergedError):
        return 'diverged', _describe(problem)
    shortage = out_of_memory(problem)
    if shortage is None:
        raise problem
    return 'oom', _describe(shortage)


def _give_up(
    paths: RunPaths, problem: Exception, write: Callable[[str, dict | None], None]
) -> NoReturn:
    """Ends this process, whose main thread waits for another that is gone."""
    status = 'failed'
    try:
        status, error = _outcome(problem)
        write(status, error)
        _end(paths, status, error)
    except Exception as failure:
        status = 'failed'
        _write_state(paths, status, error=_describe(failure))
        print(f'error: {failure}', file=sys.stderr, flush=True)
    finally:
        os._exit(EXIT_STATUS[status])


def _write_record(
    paths: RunPaths,
    spec: RunSpec,
    lease: Lease,
    started: str,
    memory: PhaseMemory,
    facts: RunFacts,
    status: str,
    error: dict | None,
) -> None:
    config = read_config(paths.config)
    # Teachers score in float32, whatever a config trains in.
    trains = spec.method not in TRAINS_NOTHING
    # An earlier process of the run may have had more beside it.
    sharing = max(facts.runs_per_gpu, runs_per_gpu(spec.device))
    surroundings = dict(
        environment(
            spec.device, spec.threads, precision(config, spec.device) if trains else 'float32'
        ),
        started=started,
        finished=present_moment(),
        resumed_at_epochs=facts.resumed_at,
        preloaded_bytes=preloaded_bytes(),
        **(dict(runs_per_gpu=sharing) if sharing > 1 else {}),
    )
    config_facts = scientific(config.to_dict(), spec.hook, spec.weights)
    record = make_record(spec, facts, memory, config_facts, surroundings, status, error)
    _require_held(paths, lease)
    write_record(paths.record, record)


def _require_held(paths: RunPaths, lease: Lease) -> None:
    """Ends before anything is written into what is another's folder by now."""
    if not lease.is_held():
        raise HeldError(f'{paths.root}: another process has taken this run over')


def _end(paths: RunPaths, status: str, error: dict | None) -> None:
    """Leaves a run's folder as it is to be beside a record."""
    _write_state(paths, status, error=error)
    discard(paths.resume)
    discard(paths.fill_progress)


def _require_what_was_planned(paths: RunPaths, spec: RunSpec) -> None:
    """Refuses to carry out another run than was planned under the same name.

    Raises:
        ConfigError: this process has other versions, another device or other source, or the user's
            own code, initial weights, the config or the specification changed.
    """
    remedy = 'since it was planned; call the sweep again'
    present = execution_fingerprint(environment(spec.device, spec.threads))
    if present != spec.execution:
        raise ConfigError(
            f'{paths.root}: the execution fingerprint is {present} here, not {spec.execution}: '
            f"the suite's source, a version or the device is another {remedy}"
        )
    if changed := [*changed_sources(spec.sources), *changed_weights(spec.weights)]:
        raise ConfigError(f'{paths.root}: {", ".join(changed)} changed {remedy}')
    # It comes last, because reading a config imports the user's own code.
    require_planned_files(paths, spec)


def _write_state(paths: RunPaths, status: str, **facts: Any) -> None:
    write_json(paths.state, dict(status=status, **facts))


def _describe(problem: BaseException) -> dict:
    return dict(type=type(problem).__name__, message=one_line(problem))

"""How a job of Slurm ended, for a person and for the queue."""

from collections.abc import Mapping
from dataclasses import dataclass

_NOT_ENDED = (
    'PENDING', 'RUNNING', 'CONFIGURING', 'COMPLETING', 'REQUEUED', 'SUSPENDED', 'RESIZING',
    'STOPPED', 'SIGNALING', 'STAGE_OUT',
)  # fmt: skip
_FAULTS_OF_OTHERS = {
    'TIMEOUT': 'it was over its time limit of {TimeLimit}',
    'NODE_FAIL': 'its node {NodeList} failed',
    'PREEMPTED': 'its node was wanted for another job',
    'BOOT_FAIL': 'its node {NodeList} did not start',
}
_DEAD_PARENT = 'DependencyNeverSatisfied'


@dataclass(frozen=True)
class End:
    """How a job ended.

    Attributes:
        words: That, in words.
        again: Whether its run could go on in another job.
        had_node: Whether it was on a node when it ended, and may have left something just then.
    """

    words: str
    again: bool = False
    had_node: bool = True


def end_of(number: str, facts: Mapping[str, str] | None) -> End | None:
    """How a job ended; None where it has not.

    Args:
        number: What Slurm calls the job.
        facts: What it tells of it; None where it does not know it any more.
    """
    if facts is None:
        # It forgets jobs some minutes after their end, and all of them where it is set up anew.
        return End(f'Slurm no longer knows its job {number}', again=True)
    state, reason = facts.get('JobState', 'UNKNOWN'), facts.get('Reason', 'None')
    if state in _NOT_ENDED:
        return None
    begun = f'Slurm job {number} ended as {state}'
    had_node = facts.get('NodeList') != '(null)'
    if state in _FAULTS_OF_OTHERS:
        told = {name: facts.get(name, '?') for name in ('TimeLimit', 'NodeList')}
        return End(f'{begun}: {_FAULTS_OF_OTHERS[state].format(**told)}', again=True)
    if reason == _DEAD_PARENT:
        return End(f'{begun}, {reason}: a run that it needs did not end well', had_node=False)
    if state == 'CANCELLED':
        return End(f'{begun}: it was cancelled', had_node=had_node)
    if state == 'OUT_OF_MEMORY':
        return End(f'{begun}: it took more memory than it had asked for')
    # Exit status and signal.
    status = facts.get('ExitCode', '?').partition(':')[0]
    return End(f'{begun}: exit status {status}')

"""How a job of Slurm ended, for a person."""

from collections.abc import Mapping

_RUNNING = ('PENDING', 'RUNNING', 'CONFIGURING', 'COMPLETING', 'REQUEUED', 'SUSPENDED', 'RESIZING')
_WORDS = {
    'TIMEOUT': 'it was over its time limit of {TimeLimit}',
    'OUT_OF_MEMORY': 'it took more memory than it had asked for',
    'NODE_FAIL': 'its node {NodeList} failed',
    'PREEMPTED': 'its node was wanted for another job',
    'BOOT_FAIL': 'its node {NodeList} did not start',
    'DEADLINE': 'its deadline had passed',
}
_REASONS = {'DependencyNeverSatisfied': 'a run that it needs did not end well'}


def in_words(number: str, facts: Mapping[str, str] | None) -> str | None:
    """How a job ended; None where it has not.

    Args:
        number: What Slurm calls the job.
        facts: What it tells of it; None where it does not know it any more.
    """
    if facts is None:
        return f'Slurm no longer knows its job {number}'
    state = facts.get('JobState', 'UNKNOWN')
    if state in _RUNNING:
        return None
    reason = facts.get('Reason', 'None')
    if state in _WORDS:
        why = _WORDS[state].format_map(_Known(facts))
    elif reason in _REASONS:
        why = _REASONS[reason]
    elif state == 'CANCELLED':
        why = 'it was cancelled'
    else:
        # Exit status and signal.
        why = f'exit status {facts.get("ExitCode", "?").partition(":")[0]}'
    told = state if reason in ('None', 'NonZeroExitCode', *_REASONS) else f'{state}, {reason}'
    if reason in _REASONS:
        told = f'{state}, {reason}'
    return f'Slurm job {number} ended as {told}: {why}'


class _Known(dict):
    def __missing__(self, key: str) -> str:
        return '?'

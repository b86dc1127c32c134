"""The reproducibility checklist, answered from the records."""

from collections.abc import Callable, Iterable

from ...methods.table import ON_DEMAND
from ...records.record import LAST_EPOCH, ORACLE
from ...results import formatting
from ...results.runs import Sweep
from .equality import equality_table
from .table import Table, columns

YES, NO, PARTLY, UNKNOWN = 'yes', 'no', 'partly', 'unknown'


def checklist_table(sweep: Sweep, claims_sha256: str) -> Table:
    """Table of questions that a reviewer asks of an experiment, with answers and evidence.

    Args:
        sweep: The sweep.
        claims_sha256: Hash of the claims file that decides.
    """
    rows = tuple((question, *answer(sweep, claims_sha256)) for question, answer in _QUESTIONS)
    titles = columns('<Question', '<Answer', '<Evidence')
    lead = 'Answered by a program from the records, none by hand.'
    return Table('checklist', 'Reproducibility checklist', titles, rows, lead)


def _all_told(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    done, planned = len(sweep.done), len(sweep.runs)
    rest = '' if done == planned else '; the others are listed with their reasons'
    return YES, f'{done} of {formatting.counted(planned, "planned run")} done{rest}.'


def _rules_before(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    planned = sweep.plan.get('claims_sha256')
    if planned is None:
        return UNKNOWN, 'The plan holds no hash of a claims file.'
    if planned != claims_sha256:
        return NO, 'The claims file is not the one of the plan.'
    return YES, f'The plan holds the hash of the claims file, {claims_sha256[:12]}.'


def _intact(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    bad = sum(run.status == 'unreadable' for run in sweep.runs)
    if bad:
        return NO, f'{formatting.counted(bad, "record")} cannot be read or were edited.'
    return YES, 'Each record’s digest, its scores and its curve have the hashes that it tells.'


def _code(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    told = [run.value('environment', 'git') or {} for run in sweep.done]
    commits = sorted({str(git['commit'])[:12] for git in told if git.get('commit')})
    sources = _values(sweep, 'environment', 'source_sha256')
    if not commits and not sources:
        return UNKNOWN, 'No record names a commit or a hash of the source.'
    named = f'Commit {", ".join(commits)}' if commits else 'No commit'
    dirty = sum(bool(git.get('dirty')) for git in told)
    if dirty:
        return PARTLY, f'{named}; {formatting.counted(dirty, "run")} had uncommitted changes.'
    return YES if len(
        sources
    ) == 1 else PARTLY, f'{named}; {formatting.counted(len(sources), "version")} of the source.'


def _versions(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    locks = _values(sweep, 'environment', 'lock_sha256')
    if not locks:
        return UNKNOWN, 'No record names the lock that it was installed by.'
    told = ', '.join(lock[:12] for lock in locks)
    return YES if len(locks) == 1 else PARTLY, f'Lock with SHA-256 {told}.'


def _data(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    seen = {run.data for run in sweep.done if run.of_sweep_data and run.data}
    if not seen:
        return UNKNOWN, 'No record tells a fingerprint of its clips.'
    told = ', '.join(sorted(one[:12] for one in seen))
    return YES, f'Fingerprints of training clips: {told}.'


def _settings(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    without = sum(not (run.record or {}).get('config') for run in sweep.done)
    if without:
        return PARTLY, f'{formatting.counted(without, "record")} hold no config.'
    return YES, 'Each record holds its whole resolved config.'


def _seeds(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    cells = [cell for cell in sweep.cells(run for run in sweep.runs if run.of_student)]
    numbers = [len(cell.runs) for cell in cells]
    if not numbers:
        return UNKNOWN, 'No student is done.'
    few = sum(number == 1 for number in numbers)
    told = f'{min(numbers)} to {max(numbers)} seeds a method and K'
    if few == len(numbers):
        return NO, 'One seed of each.'
    if few:
        return PARTLY, f'{told}; {few} of {len(numbers)} have one, and no interval.'
    return YES, f'{told}, with t-intervals.'


def _test_clips(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    rules = {run.selection for run in sweep.done if run.method not in ON_DEMAND}
    if ORACLE in rules:
        return NO, 'An oracle chose epochs by the test clips; its runs are marked.'
    if rules <= {LAST_EPOCH}:
        return YES, 'The last epoch is tested; nothing is selected.'
    return YES, 'Epochs are chosen on groups held out of the training clips.'


def _same_schedule(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    short = {run.method for run in sweep.done if run.of_student and run.shortened}
    if not short:
        return YES, 'Every student trains for the full schedule of its regime.'
    names = ', '.join(sorted(map(sweep.methods.title, short)))
    return PARTLY, f'Shorter for {names}; these accuracies are marked and decide nothing.'


def _equal(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    table = equality_table(sweep)
    if table is None:
        return UNKNOWN, 'No pair of UKD and a method with teachers at hand was run.'
    return (NO if 'Unequal' in table.lead else YES), table.lead


def _compute(sweep: Sweep, claims_sha256: str) -> tuple[str, str]:
    walls = [wall for run in sweep.done if (wall := run.value('time', 'wall_s'))]
    if not walls:
        return UNKNOWN, 'No record tells its time.'
    return YES, f'{formatting.duration(sum(walls))} of runs on {sweep.device_names}.'


_Answer = Callable[[Sweep, str], tuple[str, str]]
_QUESTIONS: tuple[tuple[str, _Answer], ...] = (
    ('Is every planned run told, those without a result too?', _all_told),
    ('Were the rules written before the results?', _rules_before),
    ('Are the records as the runs left them?', _intact),
    ('Is the code known, and one for all runs?', _code),
    ('Are the versions of all packages fixed?', _versions),
    ('Are the clips identified?', _data),
    ('Are all settings recorded?', _settings),
    ('Are there several seeds, and intervals?', _seeds),
    ('Was nothing selected on test clips?', _test_clips),
    ('Do all methods train equally long?', _same_schedule),
    ('Is UKD shown to be equal to naive distillation?', _equal),
    ('Is the computing told?', _compute),
)


def _values(sweep: Sweep, section: str, name: str) -> list[str]:
    found: Iterable[object] = (run.value(section, name) for run in sweep.done)
    return sorted({str(value) for value in found if value is not None})

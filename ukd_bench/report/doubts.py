"""What a reader must know before believing the figures, found by looking at the records."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..files.python import config_name
from ..methods.config_files import custom_hooks
from ..methods.table import FLOOR, SUBJECT
from ..records.record import ORACLE
from ..results import formatting
from ..results.comparable import ComparableRuns, comparable_runs
from ..results.curves import last_loss
from ..results.runs import Run, Sweep
from ..results.samples import problem_with_samples
from ..results.statistics import mean_interval
from ..results.teaching import teaching
from ..results.verdicts import Verdict
from .expectations import no_gain_expected
from .tables.footnotes import CHOSEN_ON_TEST

ALL, ACCURACY, MEMORY, TIME = 'all', 'accuracy', 'memory', 'time'
_HARDLY_LEARNT = 0.9
"""A training loss of so much of that of guessing has hardly come down."""


@dataclass(frozen=True)
class Doubt:
    """Something that weakens what a report says.

    Attributes:
        text: What is so.
        means: What follows from it.
        about: The verdicts that it is about: all, or those on accuracy or memory; on time there
            are none.
    """

    text: str
    means: str
    about: str = ALL

    def claims(self, verdicts: Iterable[Verdict]) -> list[str]:
        """The ids of the claims whose verdicts it is about."""
        of: dict[str, Callable[[Verdict], bool]] = {
            ALL: lambda _: True,
            MEMORY: lambda one: one.about_memory,
            ACCURACY: _on_accuracy,
            TIME: lambda _: False,
        }
        return [one.id for one in verdicts if of[self.about](one)]


def doubts(sweep: Sweep, claims_sha256: str) -> list[Doubt]:
    """All that there are, the weightiest first; none where nothing is wrong.

    Args:
        sweep: The sweep.
        claims_sha256: Hash of the claims file that decides.
    """
    return [found for look in _LOOKS for found in look(sweep, claims_sha256)]


def _on_accuracy(verdict: Verdict) -> bool:
    return any(finding.tested for finding in verdict.findings)


def _synthetic(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    if sweep.synthetic:
        yield Doubt(
            'The videos are synthetic.',
            'What these results show is about the mechanism, not about ARID.',
        )


def _rules_changed(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    planned = sweep.plan.get('claims_sha256')
    if planned is None:
        yield Doubt(
            'The plan holds no hash of the claims file.',
            'Nothing shows that the rules were written before the results.',
        )
    elif planned != claims_sha256:
        yield Doubt(
            'The claims file has changed since this sweep was planned.',
            'Its rules may have been written after the results.',
        )


def _foreign_hooks(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    found: dict[str, set[str]] = {}
    for run in sweep.done:
        hook = sweep.methods.rows[run.method].hook if run.of_student else None
        used = {config_name(one.get('type')) for one in custom_hooks(_config(run))}
        if hook and used and config_name(hook) not in used:
            found.setdefault(run.method, set()).update(used)
    for method, names in found.items():
        yield Doubt(
            f'Students of {sweep.methods.title(method)} were trained without its hook, '
            f'{sweep.methods.rows[method].hook}, by {", ".join(sorted(names))}.',
            'What stands under its name is another method’s.',
        )


def _edited(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    count = sum(run.status == 'unreadable' for run in sweep.runs)
    if count:
        yield Doubt(
            f'{formatting.counted(count, "record")} cannot be read, or differ from what the run '
            'left: edited, damaged or swapped. “Runs without figures” names them.',
            'They are in no figure. What was done to the others cannot be seen.',
        )


def _samples(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    problem = problem_with_samples(sweep)
    if problem is not None:
        yield Doubt(
            f'The sample frames are left out: {problem}.',
            'No figure and no verdict depends on them.',
        )


def _lost(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    lost = [run for run in sweep.runs if not run.done and run.status != 'unreadable']
    if lost:
        yield Doubt(
            f'{len(lost)} of {formatting.counted(len(sweep.runs), "run")} that this call and '
            'earlier ones planned gave no figures; they are listed under “Runs without figures”.',
            'A mean is over the runs that came to an end.',
        )


def _one_seed(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    for bench in _claimed(sweep):
        seeds = {run.seed for run in bench.runs if run.done and run.method in (FLOOR, SUBJECT)}
        if len(seeds) == 1:
            yield Doubt(
                f'On {bench.label} there is one seed.',
                'Nothing tells a difference from the noise of training: no comparison of '
                'accuracies is decided.',
                ACCURACY,
            )


def _no_gain(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    for text in no_gain_expected(sweep):
        yield Doubt(
            text, 'That the student gains nothing says nothing against distillation.', ACCURACY
        )


def _ensemble_in_noise(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    for bench in _claimed(sweep):
        together = teaching(sweep, bench.regime.name).together
        plain = mean_interval([run.metric('top1') for run in _plain(bench)])
        if together is None or plain is None or plain.high is None:
            continue
        if plain.mean < together[1] <= plain.high:
            yield Doubt(
                f'On {bench.label}, the {together[0]}, {formatting.percent(together[1])} %, is '
                'within the interval of the plain student, '
                f'{formatting.estimate(plain, 1, 100)} %.',
                'All teachers together hardly know more than the student learns alone.',
                ACCURACY,
            )


def _on_the_plateau(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    for bench in _claimed(sweep):
        losses = [loss for run in _plain(bench) if (loss := last_loss(run)) is not None]
        classes = len(sweep.dataset.get('classes') or [])
        if losses and classes > 1:
            mean, guessing = sum(losses) / len(losses), math.log(classes)
            if mean > _HARDLY_LEARNT * guessing:
                yield Doubt(
                    f'On {bench.label}, the plain student’s training loss ends at '
                    f'{formatting.number(mean, 2)}, where guessing has '
                    f'{formatting.number(guessing, 2)}: it has hardly begun to learn.',
                    'Differences at this point are noise: the schedule is too short.',
                    ACCURACY,
                )


def _oracle(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    if any(run.selection == ORACLE for run in sweep.done):
        yield Doubt(
            'An oracle chose the tested epoch by accuracy on the test clips.',
            f'The accuracies marked {CHOSEN_ON_TEST.sign} are too high by an unknown amount, and '
            'no verdict rests on them.',
            ACCURACY,
        )


def _lower_bound(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    kinds = {(run.value('environment', 'device') or {}).get('kind') for run in sweep.done}
    if 'cpu' in kinds:
        yield Doubt(
            'Memory measured on a CPU is that of live tensors, without the scratch memory within '
            'operators.',
            'A lower bound of what the allocator hands out, for all methods alike. Host and device '
            'are one there, so that swapping teachers saves nothing.',
            MEMORY,
        )


def _shared_gpus(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    shared = [run for run in sweep.runs if (run.value('environment', 'runs_per_gpu') or 1) > 1]
    timed = sum(run.done for run in shared)
    if timed:
        yield Doubt(
            f'{formatting.counted(timed, "run")} shared a GPU with others (--runs-per-gpu).',
            'Their times are not comparable, nor is how busy their GPU was; memory and accuracy '
            'are.',
            TIME,
        )
    short = sum(run.status == 'oom' for run in shared)
    if short:
        yield Doubt(
            f'{formatting.counted(short, "run")} ran out of memory on a GPU that others shared '
            '(--runs-per-gpu).',
            'Alone on the GPU they may fit: --retry oom carries them out again.',
            MEMORY,
        )


def _mixed(sweep: Sweep, claims_sha256: str) -> Iterator[Doubt]:
    stale = sum(bool(row.get('stale')) for row in sweep.plan.get('runs') or [])
    if stale:
        yield Doubt(
            f'{formatting.counted(stale, "run")} of other versions, source or device stood in for '
            'this plan (--accept-stale).',
            'A difference between methods may be one of versions or machines.',
        )
    settings = {run.setting for run in sweep.done if run.of_student}
    if len(settings) > 1:
        yield Doubt(
            f'Students come from {len(settings)} settings (device, precision, threads, batch '
            'size, evaluation protocol or selection rule differ).',
            'They are never averaged together.',
        )
    if _saw_different_data(sweep):
        yield Doubt(
            'Runs of one split saw different data.', 'They are never averaged together.', ACCURACY
        )
    for name, words in (('lock_sha256', 'locks'), ('source_sha256', 'versions of the source')):
        values = {run.value('environment', name) for run in sweep.done}
        if len(values) > 1:
            yield Doubt(
                f'Runs come from {len(values)} {words}.',
                'A difference between methods may be one of versions.',
            )
    if any((run.value('environment', 'git') or {}).get('dirty') for run in sweep.done):
        yield Doubt(
            'Some runs were made from a working tree with uncommitted changes.',
            'Nobody else can make them again.',
        )


_LOOKS: Sequence[Callable[[Sweep, str], Iterator[Doubt]]] = (
    *(_synthetic, _rules_changed, _foreign_hooks, _edited, _lost, _one_seed, _no_gain),
    *(_ensemble_in_noise, _on_the_plateau, _oracle, _lower_bound, _shared_gpus),
    *(_mixed, _samples),
)


def _claimed(sweep: Sweep) -> list[ComparableRuns]:
    """The benches on which claims are decided."""
    return [bench for bench in comparable_runs(sweep) if bench.regime.for_claims]


def _plain(bench: ComparableRuns) -> list[Run]:
    return [run for run in bench.runs if run.done and run.method == FLOOR and not run.shortened]


def _config(run: Run) -> dict[str, Any]:
    return (run.record or {}).get('config') or {}


def _saw_different_data(sweep: Sweep) -> bool:
    """Whether students of one regime and split, or their teachers, had different training clips."""
    seen: dict[tuple[str, bool, int], set[str]] = {}
    for run in sweep.done:
        # An ensemble trains on nothing, so its record names no training clips.
        if run.data is not None and run.of_sweep_data:
            for regime in run.regimes:
                seen.setdefault((regime, run.of_student, run.split), set()).add(run.data)
    return any(len(data) > 1 for data in seen.values())

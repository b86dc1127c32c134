"""How far the teachers of a pool agree on the test clips, and what each of them brings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .runs import Run, Sweep
from .scores import Scores, load_scores


@dataclass(frozen=True)
class TeacherPart:
    """One teacher among those of its pool; all figures are fractions of the test clips.

    Attributes:
        name: The teacher.
        top1: Where it is right.
        alone_right: Where it is right and no other teacher is.
        share: Its mean share of the probability that the teachers together give to the class that
            their mean predicts; one over their number if all are as sure of it.
        brings: Accuracy of the mean of all teachers less that of the mean without it; None of a
            pool of one.
        same_class: Where it and another teacher predict the same class, by the other's name.
    """

    name: str
    top1: float
    alone_right: float
    share: float
    brings: float | None
    same_class: dict[str, float]


def teacher_parts(sweep: Sweep, regime: str) -> list[TeacherPart]:
    """The teachers of a regime's pool whose scores are of one set of clips, in its order."""
    runs = _pool_runs(sweep, regime)
    known = {name: scores for name, run in runs.items() if (scores := load_scores(run)) is not None}
    first = next(iter(known.values()), None)
    if first is None or not all(_same_clips(first, one) for one in known.values()):
        return []
    return _parts([*known], [*known.values()])


def _parts(names: Sequence[str], scores: Sequence[Scores]) -> list[TeacherPart]:
    probabilities_KNC = np.stack([one.scores.astype(np.float64) for one in scores])
    labels_N, clips = scores[0].labels, np.arange(len(scores[0].labels))
    chosen_KN = probabilities_KNC.argmax(axis=2)
    right_KN = chosen_KN == labels_N
    together_N = probabilities_KNC.mean(axis=0).argmax(axis=1)
    of_chosen_KN = probabilities_KNC[:, clips, together_N]
    share_KN = of_chosen_KN / of_chosen_KN.sum(axis=0)
    accuracy = (together_N == labels_N).mean()
    found = []
    for k, name in enumerate(names):
        others = np.delete(probabilities_KNC, k, axis=0)
        brings = None
        if len(others):
            brings = float(accuracy - (others.mean(axis=0).argmax(axis=1) == labels_N).mean())
        alone_N = right_KN[k] & ~np.delete(right_KN, k, axis=0).any(axis=0)
        same = {
            other: float((chosen_KN[k] == chosen_KN[j]).mean())
            for j, other in enumerate(names)
            if j != k
        }
        top1, alone = float(right_KN[k].mean()), float(alone_N.mean())
        found.append(TeacherPart(name, top1, alone, float(share_KN[k].mean()), brings, same))
    return found


def _pool_runs(sweep: Sweep, regime: str) -> dict[str, Run]:
    taught = [run for run in sweep.done if run.method == 'teacher' and regime in run.regimes]
    order = sweep.pool_in(regime) or dict.fromkeys(run.teacher for run in taught if run.teacher)
    first: dict[str, Run] = {}
    for run in taught:
        if run.teacher in order:
            first.setdefault(run.teacher or '', run)
    return {name: first[name] for name in order if name in first}


def _same_clips(one: Scores, other: Scores) -> bool:
    return one.scores.shape == other.scores.shape and np.array_equal(one.samples, other.samples)

"""What students start from and how they learn: the regimes of a sweep, as its plan names them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..errors import ResultsError
from ..files import schema
from ..records.regime import (
    AS_CONFIGURED,
    BY_CLIP,
    CLAIMS,
    DEFAULT_REGIME,
    FIXED,
    PURPOSES,
    SCRATCH,
)
from .formatting import counted

_STARTS = {SCRATCH: 'from scratch', AS_CONFIGURED: 'initial weights of the configs'}
_NORMALIZATIONS = {BY_CLIP: 'each clip standardised', FIXED: 'fixed normalisation'}

_REGIME = schema.table(
    dict(name=schema.line),
    dict(
        start=schema.maybe(schema.line),
        normalization=schema.maybe(schema.line),
        epochs=schema.maybe(schema.whole),
        label_noise=schema.maybe(schema.fraction),
        purpose=schema.one_of(*PURPOSES),
        teachers=schema.list_of(schema.line),
        num_views=schema.whole,
    ),
)


@dataclass(frozen=True)
class Regime:
    """One regime of a sweep; what the plan does not tell is None.

    Attributes:
        name: Its name.
        start: Where networks start: ``scratch``, ``config``, or a line of text.
        normalization: ``clip``, where every clip is standardised by itself, or ``fixed``.
        epochs: Epochs that a student trains for.
        label_noise: Fraction of the students' training labels that were replaced at random.
        purpose: ``claims``, where claims are decided, or ``control``, where an answer is known
            beforehand and the instrument is tried.
        teachers: Its pool in order, where that is one of its own.
        num_views: Views in a bank, where that is a number of its own.
    """

    name: str = DEFAULT_REGIME
    start: str | None = None
    normalization: str | None = None
    epochs: int | None = None
    label_noise: float = 0.0
    purpose: str = CLAIMS
    teachers: tuple[str, ...] = ()
    num_views: int | None = None

    @property
    def for_claims(self) -> bool:
        """Whether claims are decided in it."""
        return self.purpose == CLAIMS

    @property
    def words(self) -> str:
        """Start, normalisation, schedule and wrong labels in words; '' where none is told."""
        start, normalization = self.start or '', self.normalization or ''
        parts = [
            _STARTS.get(start, start),
            _NORMALIZATIONS.get(normalization, normalization),
            counted(self.epochs, 'epoch') if self.epochs else '',
            f'{counted(self.num_views, "view")} of each clip' if self.num_views else '',
            f'{100 * self.label_noise:g} % of the training labels replaced'
            if self.label_noise
            else '',
        ]
        return '; '.join(part for part in parts if part)


def read_regimes(plan: Mapping[str, Any], path: Path) -> tuple[Regime, ...]:
    """The regimes of a plan, and that each row is part of some of them.

    Args:
        plan: What the plan holds; former ones name no regimes.
        path: The plan's file, for messages.

    Returns:
        One regime of default values for a plan that names none.

    Raises:
        ResultsError: a regime or the regimes of a row cannot be used.
    """
    given = plan.get('regimes') or [dict(name=DEFAULT_REGIME)]
    misfit = schema.first_misfit(lambda value, _: schema.list_of(_REGIME)(value, 'regimes'), given)
    if misfit is not None:
        raise ResultsError(f'{path}: {misfit}')
    keys = [field.name for field in fields(Regime)]
    told = [{key: one[key] for key in keys if one.get(key) is not None} for one in given]
    regimes = tuple(Regime(**one | dict(teachers=(*one.get('teachers', ()),))) for one in told)
    names = {regime.name for regime in regimes}
    if len(names) < len(regimes):
        raise ResultsError(f'{path}: regimes: two have one name')
    for index, row in enumerate(plan['runs']):
        mine = row.get('regimes', [DEFAULT_REGIME])
        if not isinstance(mine, list) or not mine or not {*map(str, mine)} <= names:
            known = ', '.join(regime.name for regime in regimes)
            raise ResultsError(f'{path}: runs[{index}].regimes is not a list of some of {known}')
    return regimes

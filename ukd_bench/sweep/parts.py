"""The parts of a sweep's config that are more than a value: data, students, teachers, regimes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..methods.distillation import Distillation
from ..records.regime import AS_CONFIGURED, CLAIMS, DEFAULT_REGIME, FIXED


@dataclass(frozen=True)
class Student:
    """A student backbone and the epochs its runs train for."""

    name: str
    epochs: int


@dataclass(frozen=True)
class PoolTeacher:
    """A teacher of the pool.

    Attributes:
        name: Its name.
        student: Its backbone.
        seed: Its seed.
        config: The name that stands in the path of its config; None for its own. So teachers that
            differ by seed alone have one config.
    """

    name: str
    student: str
    seed: int
    config: str | None = None


@dataclass(frozen=True)
class Dataset:
    """The videos that are trained and tested on.

    Attributes:
        name: What the report calls it, and its folder below ``data``.
        split: Number of the split.
        darkroom: Preset and seed of synthetic videos to make; None for videos on disk.
        edition: Edition whose lists are used, where those of two of ARID lie at one root.
    """

    name: str
    split: int = 1
    darkroom: dict | None = None
    edition: str | None = None


@dataclass(frozen=True)
class Weights:
    """Files that backbones start from.

    Attributes:
        weights: Path or URL of a recognizer's checkpoint: one for all, in which ``{student}`` and
            ``{modality}`` may stand, or one by name of the backbone.
    """

    weights: str | dict


@dataclass(frozen=True)
class Pretraining:
    """A training that backbones start from, one run a backbone and modality.

    Attributes:
        dataset: What it trains and tests on.
        config: Path of its config, in which ``{student}`` and ``{modality}`` stand.
        epochs: Its schedule; None leaves that to the config.
        seed: Seed of its initial weights and of its views.
    """

    dataset: Dataset
    config: str
    epochs: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Fixed:
    """The numbers that every clip is normalised by.

    Attributes:
        mean, std: Mean and deviation of red, green and blue, in 0 to 255.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class Scope:
    """What of a sweep's axes is asked for; None is all of an axis."""

    students: tuple[str, ...] | None = None
    num_teachers: tuple[int, ...] | None = None
    seeds: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Choice(Scope):
    """For what a method is asked.

    Attributes:
        name: The method.
        regimes: Names of the only regimes that it is run in.
    """

    name: str = ''
    regimes: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Regime(Scope):
    """The circumstances in which methods are compared.

    Attributes:
        name: What the report calls it.
        start: Where networks start: as their configs say (``config``), ``scratch``, weights from
            elsewhere, or a training of this sweep.
        normalization: How clips are normalised: as the configs say, each by itself (``clip``), or
            by fixed numbers.
        epochs: Schedule of all students; None leaves it to the axes.
        teacher_epochs: Schedule of the teachers, likewise.
        label_noise: Share of the students' training clips whose label is replaced by another one,
            drawn by the seed of the run. Teachers have the right ones.
        cfg_options: Values by dotted key that take the place of those in students' configs, as
            MMAction2's ``--cfg-options`` do.
        method_cfg_options: Such values for the students of one method alone, by its name; they come
            after those for all.
        teachers: Names of those of the sweep's teachers that are its pool, in the pool's order.
        num_views: How many views its banks hold, in place of the axes' own.
        distillation: What takes the place of the sweep's own.
        purpose: Whether it is what the ``claims`` speak of, or a ``control``, in which a known
            answer shows what the comparison can tell.
        methods: The only methods that are run in it.
    """

    name: str = DEFAULT_REGIME
    start: str | Weights | Pretraining = AS_CONFIGURED
    normalization: str | Fixed = AS_CONFIGURED
    epochs: int | None = None
    teacher_epochs: int | None = None
    label_noise: float = 0.0
    cfg_options: dict = field(default_factory=dict)
    method_cfg_options: dict = field(default_factory=dict)
    teachers: tuple[str, ...] | None = None
    num_views: int | None = None
    distillation: Distillation | None = None
    purpose: str = CLAIMS
    methods: tuple[str, ...] | None = None

    @property
    def pretraining(self) -> Pretraining | None:
        """The training that its networks start from, where this sweep has one."""
        return self.start if isinstance(self.start, Pretraining) else None

    def options_of(self, method: str) -> dict[str, Any]:
        """Values by dotted key for the configs of a method's students."""
        return self.cfg_options | self.method_cfg_options.get(method, {})

    def described(self, epochs: int) -> Mapping[str, Any]:
        """What a plan tells of it.

        Args:
            epochs: The full schedule of its students.
        """
        own = dict(teachers=self.teachers and [*self.teachers], num_views=self.num_views)
        return dict(
            name=self.name,
            start=self._start_in_words(),
            normalization=self.normalization if isinstance(self.normalization, str) else FIXED,
            epochs=epochs,
            label_noise=float(self.label_noise),
            purpose=self.purpose,
            **{key: value for key, value in own.items() if value is not None},
        )

    def _start_in_words(self) -> str:
        if isinstance(self.start, Pretraining):
            epochs = '' if self.start.epochs is None else f', {self.start.epochs} epochs'
            return f'pretrained on {self.start.dataset.name}{epochs}'
        return 'given weights' if isinstance(self.start, Weights) else self.start

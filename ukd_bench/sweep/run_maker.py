"""From a resolved config to a run with its key."""

import copy
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mmengine.config import Config

from ..data.flow import FLOW_VERSION
from ..errors import ConfigError
from ..files.hashes import canonical_json, text_digest
from ..methods.table import RUN_KINDS, TRAINS_NOTHING, Method
from ..records.key import OPEN_FLOW, PROTOCOL_VERSION, holds_step, scientific
from ..records.plain import require_plain
from ..records.spec import RunSpec
from ..records.user_code import user_sources
from ..records.weights import initial_weights
from .config import Axes
from .plan import PlannedRun
from .run_config import set_data, set_epochs, set_protocol, set_selection
from .videos import SweepData

KEY_DIGITS = 12


HOLE = '\0'
"""Stands in a text for what is filled in; no config holds it, see :func:`.plain.require_plain`."""
_SEED = 'randomness'


class Text:
    """The canonical JSON of a config, of which runs that differ in their seed alone share all else.

    With thousands of seeds, writing it anew for each would take most of a plan's time.

    Args:
        counts: The config as plain values.
    """

    def __init__(self, counts: Mapping[str, Any]) -> None:
        self.whole = canonical_json(counts)
        self._around = canonical_json({**counts, _SEED: HOLE})

    def of_seed(self, seed: int) -> str:
        """The JSON with another seed of the run's randomness."""
        return filled(self._around, canonical_json(dict(seed=seed)))


def filled(text: str, content: str) -> str:
    """A canonical JSON with another in the place of its first hole."""
    before, hole, after = text.partition(canonical_json(HOLE))
    assert hole, 'a text to be filled has a hole'
    return f'{before}{content}{after}'


@dataclass(frozen=True)
class Settled:
    """A config with all that its runs have in common, and what follows from it.

    Attributes:
        config: The config, with a seed that need not be that of a run.
        data: What its runs train and test on.
        method: Row of their method.
        epochs: Their schedule.
        hook: Name of the method's hook in the config; None where there is none.
        counts: All of the config that can change a result.
        covered: What of it keys cover, where that is not all of ``counts``.
        weights: Hashes of initial weights by their files' paths.
        sources: Hashes of the user's own modules by name.
        reads_flow: Whether it opens optical flow.
    """

    config: Config
    data: SweepData
    method: Method
    epochs: int
    hook: str | None
    counts: Text
    covered: Text | None
    weights: Mapping[str, str]
    sources: Mapping[str, str]
    reads_flow: bool

    @cached_property
    def identity_of_data(self) -> Any:
        """What tells its videos from others."""
        return self.data.identity()


class RunMaker:
    """Makes the runs of a plan, and gives those that are one run out as one.

    Args:
        execution: Execution fingerprint of all runs.
        device: ``cpu`` or ``cuda``.

    Attributes:
        made: Runs by key, in the order in which they were made: parents come before children.
    """

    def __init__(self, execution: str, device: str) -> None:
        self.execution = execution
        self.device = device
        self.made: dict[str, PlannedRun] = {}
        self._read: dict[Hashable, Config] = {}

    def config(self, name: Hashable, read: Callable[[], Config]) -> Config:
        """A config, to be changed at will; with many regimes, reading them is what takes time.

        Args:
            name: Tells it from others.
            read: Function that reads it, which is called once.
        """
        if name not in self._read:
            self._read[name] = read()
        return copy.deepcopy(self._read[name])

    def settle(
        self,
        axes: Axes,
        data: SweepData,
        config: Config,
        *,
        method: Method,
        epochs: int,
        identified_by: dict[str, Any] | None = None,
        of: str,
        hook: str | None = None,
    ) -> 'Settled':
        """Gives a config what every run's config is given in it, but for the seed.

        Args:
            axes: The axes in the regime of its runs.
            data: What they train and test on.
            config: Their config, changed in place.
            method: Row of their method.
            epochs: Their schedule.
            identified_by: What of the config their keys cover; None is all that can change a
                result.
            of: What messages call the config's owner.
            hook: Name of the method's hook in the config, where it is not that of the row.

        Raises:
            ConfigError: the config holds what cannot be used.
        """
        set_epochs(config, epochs)
        set_data(config, str(data.root.resolve()), data.split, data.num_classes, data.edition)
        set_evaluation(config, axes)
        config.randomness = dict(seed=0)
        hook = hook or method.hook
        whole = config.to_dict()
        where = f'config of {of}'
        require_plain(whole, where)
        weights = initial_weights(whole, where)
        counts = scientific(whole, hook, weights)
        covered = counts if identified_by is None else identified_by
        # Modules that a config imports may register anything that it names.
        imports = config.get('custom_imports')
        return Settled(
            config=config,
            data=data,
            method=method,
            epochs=epochs,
            hook=hook,
            counts=Text(counts),
            covered=None if identified_by is None else Text(identified_by),
            weights=weights,
            sources=user_sources([covered, dict(custom_imports=imports)]),
            reads_flow=holds_step(covered, OPEN_FLOW),
        )

    def make(
        self,
        axes: Axes,
        settled: 'Settled',
        *,
        full_epochs: int | None = None,
        student: str | None = None,
        teacher: str | None = None,
        num_teachers: int = 0,
        seed: int = 0,
        view_seed: int | None = None,
        num_views: int = 0,
        parents: tuple[str, ...] = (),
    ) -> PlannedRun:
        """A run of a config.

        Args:
            axes: The axes in the run's regime.
            settled: Its config, which runs of other seeds may share.
            full_epochs: The full schedule; None is that of the axes.
            student: Name of its backbone, if it trains one.
            teacher: Name of its teacher, or of the network that it pretrains.
            num_teachers: K.
            seed: Its seed.
            view_seed: Seed of the training views; None is that of the axes.
            num_views: Views that a bank holds.
            parents: Keys of the runs that it needs, which were made before.

        Raises:
            ConfigError: two runs of the plan are one.
        """
        method, data = settled.method, settled.data
        view_seed = axes.view_seed if view_seed is None else view_seed
        identity: dict[str, Any] = dict(
            protocol=PROTOCOL_VERSION,
            method=method.name,
            num_teachers=num_teachers,
            seed=seed,
            view_seed=view_seed,
            num_views=num_views,
            data=settled.identity_of_data,
            config=HOLE,
            parents=parents,
        )
        processes = 1 if method.name in TRAINS_NOTHING else axes.gpus_per_run
        if processes > 1:
            # Each takes batches of the config's size, so that a step sees as many more clips.
            identity['processes'] = processes
        if settled.sources:
            identity['sources'] = settled.sources
        if settled.reads_flow:
            identity['flow'] = FLOW_VERSION
        counts = settled.counts.of_seed(seed)
        covered = counts if settled.covered is None else settled.covered.whole
        key = text_digest(filled(canonical_json(identity), covered), KEY_DIGITS)
        # What a run needs must stay as it was, too.
        needed = [self.made[parent].spec for parent in parents]
        spec = RunSpec(
            key=key,
            execution=self.execution,
            method=method.name,
            student=student,
            teacher=teacher,
            num_teachers=num_teachers,
            seed=seed,
            split=data.split,
            epochs=settled.epochs,
            full_epochs=full_epochs or axes.full_epochs,
            view_seed=view_seed,
            num_views=num_views,
            device=self.device,
            threads=axes.threads,
            parents=parents,
            data_name=data.name,
            synthetic=data.synthetic,
            config_sha256=text_digest(counts),
            hook=settled.hook,
            processes=processes,
            limit_s=axes.limit_s,
            sources=_union(settled.sources, *(one.sources for one in needed)),
            weights=_union(settled.weights, *(one.weights for one in needed)),
        )
        run = PlannedRun(spec, settled.config, method, data, axes.regimes[0].name)
        other = self.made.setdefault(key, run)
        # Students that differ in their schedule alone may share a teacher of their own kind.
        if student != other.spec.student and method.name not in RUN_KINDS:
            raise one_run(f'{other.label} and {run.label}')
        if spec.full_epochs != other.spec.full_epochs and method.name not in RUN_KINDS:
            # Whether it is a shortened run can be told once alone.
            raise ConfigError(
                f'{other.label} and {run.label} are one run, whose full schedule is '
                f'{other.spec.full_epochs} epochs in one regime and {spec.full_epochs} in the other'
            )
        return other


def set_evaluation(config: Config, axes: Axes) -> None:
    """Gives a config the evaluation protocol and the selection rule of the axes."""
    set_protocol(config, axes.protocol)
    set_selection(config, axes.selection)


def one_run(names: str) -> ConfigError:
    """What is said of two things that would be one run."""
    return ConfigError(f'{names} are one run: their configs say the same; leave one of the two out')


def _union(*parts: Mapping[str, str]) -> dict[str, str]:
    return {name: sha256 for part in reversed(parts) for name, sha256 in part.items()}

"""From a resolved config to a run with its key."""

import copy
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from mmengine.config import Config

from ..data.flow import FLOW_VERSION
from ..errors import ConfigError
from ..files.hashes import digest
from ..methods.table import RUN_KINDS, Method
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

    def make(
        self,
        axes: Axes,
        data: SweepData,
        config: Config,
        *,
        method: Method,
        epochs: int,
        full_epochs: int | None = None,
        student: str | None = None,
        teacher: str | None = None,
        num_teachers: int = 0,
        seed: int = 0,
        view_seed: int | None = None,
        num_views: int = 0,
        parents: tuple[str, ...] = (),
        identified_by: dict[str, Any] | None = None,
        of: str | None = None,
        hook: str | None = None,
    ) -> PlannedRun:
        """The run of a config, with what every run's config is given in it.

        Args:
            axes: The axes in the run's regime.
            data: What it trains and tests on.
            config: Its config, changed in place.
            method: Row of its method.
            epochs: Its schedule.
            full_epochs: The full schedule; None is that of the axes.
            student: Name of its backbone, if it trains one.
            teacher: Name of its teacher, or of the network that it pretrains.
            num_teachers: K.
            seed: Its seed.
            view_seed: Seed of the training views; None is that of the axes.
            num_views: Views that a bank holds.
            parents: Keys of the runs that it needs, which were made before.
            identified_by: What of the config its key covers; None is all that can change a result.
            of: What messages call the config's owner.
            hook: Name of the method's hook in the config, where it is not that of the row.

        Raises:
            ConfigError: the config holds what cannot be used, or two runs of the plan are one.
        """
        set_epochs(config, epochs)
        set_data(config, str(data.root.resolve()), data.split, data.num_classes, data.edition)
        set_evaluation(config, axes)
        config.randomness = dict(seed=seed)
        view_seed = axes.view_seed if view_seed is None else view_seed
        hook = hook or method.hook
        whole = config.to_dict()
        where = f'config of {of or f"{method.name} of {teacher or student}"}'
        require_plain(whole, where)
        weights = initial_weights(whole, where)
        counts = scientific(whole, hook, weights)
        if identified_by is None:
            identified_by = counts
        identity = dict(
            protocol=PROTOCOL_VERSION,
            method=method.name,
            num_teachers=num_teachers,
            seed=seed,
            view_seed=view_seed,
            num_views=num_views,
            data=data.identity(),
            config=identified_by,
            parents=parents,
        )
        # Modules that a config imports may register anything that it names.
        imports = config.get('custom_imports')
        if sources := user_sources([identified_by, dict(custom_imports=imports)]):
            identity['sources'] = sources
        if holds_step(identified_by, OPEN_FLOW):
            identity['flow'] = FLOW_VERSION
        key = digest(identity, KEY_DIGITS)
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
            epochs=epochs,
            full_epochs=full_epochs or axes.full_epochs,
            view_seed=view_seed,
            num_views=num_views,
            device=self.device,
            threads=axes.threads,
            parents=parents,
            data_name=data.name,
            synthetic=data.synthetic,
            config_sha256=digest(counts),
            hook=hook,
            limit_s=axes.limit_s,
            sources=_union(sources, *(one.sources for one in needed)),
            weights=_union(weights, *(one.weights for one in needed)),
        )
        run = PlannedRun(spec, config, method, data, axes.regimes[0].name)
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

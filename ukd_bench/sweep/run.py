"""A sweep as it is asked for: read, planned, prepared and carried out."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..errors import ConfigError, ResultsError
from ..files.configs import find_config_by_name
from ..files.locks import Lock
from ..records.deleted import ALL
from ..records.execution import UNKNOWN, environment, execution_fingerprint
from ..records.folder import SweepPaths
from ..records.record import BEST_ON_HELD_OUT
from .asked import Caller, SweepOptions, Tally
from .checkpoints import Checkpoints
from .clean import Leftover, find_leftovers, specs_in
from .commands_file import write_commands
from .config import Axes
from .disk_room import DiskRoom, require_room_for_flow
from .display import Progress
from .doubts import doubts
from .earlier import still_valid
from .estimate import Estimate, estimate
from .executors import EXECUTORS, Executor, Resources, build_executor, executor_class
from .executors.base import require_shareable
from .finished import SweepState
from .parts import Dataset
from .place import Places
from .plan import Plan
from .planner import make_plan
from .preflight import preflight
from .prepare import prepare_places, prepare_videos
from .read_axes import read_axes
from .samples import make_samples
from .schedule import carry_out
from .tracking import require_trackers
from .under_way import under_way
from .videos import SweepData, sweep_data


class SweepRun:
    """A sweep that is asked for: its plan, its folder, and carrying it out.

    Attributes:
        axes: Axes of what it compares.
        devices: What its runs compute on; they may not be here, which a plan does not mind.
        paths: Files in its folder.

    Raises:
        ConfigError: the config or an option cannot be used.
        DataError: the videos' lists cannot be read.
    """

    def __init__(self, options: SweepOptions) -> None:
        self.options = options
        self._every_axis = read_axes(find_config_by_name(options.config, 'sweeps')).narrowed(
            split=options.split, edition=options.edition
        )
        if options.run_limit is not None:
            self._every_axis = replace(self._every_axis, run_limit=options.run_limit)
        self.axes = self._every_axis.narrowed(
            options.methods,
            options.teachers,
            options.backbones,
            options.seeds,
            regimes=options.regimes,
        )
        if options.jobs is not None and options.jobs < 1:
            raise ConfigError(f'--jobs {options.jobs} is not positive')
        self._trackers = tuple(dict.fromkeys(options.track or ()))
        require_trackers(self._trackers)
        self._data = self._data_of(self.axes)
        self._by_split = {self._data.split: self._data}
        self._pretrained_on: list[tuple[Dataset, SweepData]] = []
        # What weights take, once an estimate was asked for.
        self._predicted: dict[str, int] = {}
        self.paths = SweepPaths(options.results / self.axes.name)
        if options.slurm and options.executor != 'slurm':
            raise ConfigError('--slurm needs --executor slurm')
        self._options = dict(slurm=self.axes.slurm.overlaid(options.slurm or ()))
        self.devices = preflight(self.axes, options.device)
        require_shareable(self._resources())
        # A class of the user's own is imported when it is needed.
        if (kind := EXECUTORS.get(options.executor)) is not None:
            self.devices = kind.find_devices(self._resources(), ask=False)
        self._execution = self._fingerprint()

    def state(self) -> SweepState:
        """The plan, and what of it is finished."""
        options, data = self.options, self._data
        plan = self._plan(self.axes, data)
        state = SweepState(plan, self.paths, options.accept_stale)
        state.refresh()
        return state

    def estimate(
        self, state: SweepState, limit_bytes: int | None, say: Callable[[str], None]
    ) -> Estimate:
        """What the runs take that are left.

        Args:
            state: The plan, and what of it is finished.
            limit_bytes: Memory that a run may take; None is what the device has.
            say: Called with a line before a person has to wait.
        """
        here = self.devices.name is not None
        each = self.axes.gpus_per_run
        jobs = self.executor().capacity if here else self.options.jobs or 1
        if self.options.jobs is not None or not here:
            # What trains in several processes takes the room of as many.
            jobs *= each
        # A cluster takes whatever there is.
        jobs = min(jobs, max(1, len(state.plan.runs)) * each)
        sharing = min(self._resources().sharing, jobs)
        told = estimate(
            state, self.devices, jobs, self.options.cache_gib, limit_bytes, say, sharing
        )
        self._predicted = {
            one.run.spec.key: one.peak.state_bytes for one in told.runs if one.peak.state_bytes
        }
        return told

    def executor(self) -> Executor:
        """The executor that carries out its runs.

        Raises:
            ConfigError: there is no such executor, or no such device.
        """
        self._require_devices()
        return build_executor(self.options.executor, self._resources())

    def _require_devices(self) -> None:
        kind = executor_class(self.options.executor)
        self.devices = kind.find_devices(self._resources(), ask=True)
        self.devices.require()
        self._execution = self._fingerprint()

    def _resources(self) -> Resources:
        return Resources(
            self.devices,
            self.options.jobs,
            self.axes.threads,
            self.paths.root,
            self.options.detach,
            self._options,
            self.axes.gpus_per_run,
            self.options.runs_per_gpu,
        )

    def _fingerprint(self) -> str:
        """That of the execution of all runs, on the devices that were found."""
        devices = self.devices
        if devices.name is None:
            return UNKNOWN
        return execution_fingerprint(
            environment(devices.kind, self.axes.threads, name=devices.name)
        )

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Works in the results folder for a block, beside other sweeps that do.

        A sweep that deletes checkpoints works there alone: another plan may need them.

        Raises:
            ResultsError: the folder cannot be written or locked, or who works there will be alone.
        """
        require_writable(self.paths.root)
        lock = Lock(self.paths.lock)
        together = self.options.keep_checkpoints == ALL
        if not lock.take(shared=together):
            complaint = 'it is being published, or a sweep that deletes checkpoints works in it'
            if not together:
                complaint = 'another sweep works in it, or it is being published'
            raise ResultsError(f'{self.paths.root}: {complaint}; wait until that is done')
        try:
            yield
        finally:
            lock.release()

    def carry_out(
        self,
        executor: Executor,
        caller: Caller,
        progress_of: Callable[[SweepState], Progress],
    ) -> Tally:
        """Makes what runs read, then does all runs that are not finished.

        Args:
            executor: Carries the runs out.
            caller: Rules, and how a person is told.
            progress_of: Function that makes what shows how far the runs of a plan are.

        Raises:
            UkdBenchError: the videos, their flow or a folder cannot be used or made.
            KeyboardInterrupt: after the executor was told to stop.
        """
        state, places, write_plan = self._made_ready(caller)
        progress = progress_of(state)
        checkpoints = Checkpoints(state, self.options.keep_checkpoints, caller.say)
        # A cluster takes whatever there is.
        at_once = min(executor.capacity, len(state.plan.runs))
        with under_way(self.paths.state, at_once), progress.showing():
            room = DiskRoom(state, self._predicted)
            sharing = self._resources().sharing
            outcome = carry_out(state, places, executor, progress, room, checkpoints, sharing)
        if checkpoints.told:
            caller.say(checkpoints.told)
        write_plan()
        make_samples(state.plan, self.paths, caller.say)
        damaged = state.verify() if self.options.verify else []
        for paths in damaged:
            caller.say(f'{paths.root}: is not as it was recorded; the same command makes it again')
        reused, lost = progress.reused_count, len(outcome.lost)
        return Tally(len(state.plan.runs), reused, lost, len(damaged))

    def prepare(self, caller: Caller) -> int:
        """Makes what runs read, and the folders of all that are not finished; carries none out.

        Args:
            caller: Rules, and how a person is told.

        Returns:
            The number of runs whose commands were written.

        Raises:
            ConfigError: there is no such device, so that every run would be refused where it is
                carried out.
        """
        self._require_devices()
        state, places, _ = self._made_ready(caller)
        return write_commands(state, places, caller.say, self._resources().sharing)

    def leftovers(self) -> list[Leftover]:
        """What the sweep has left and no call will read again."""
        plan = self._plan(self._every_axis, self._data)
        # What seeds, K and splits other calls asked for is told by what lies there.
        asked_for = [vars(spec) for spec in specs_in(self.paths)]
        kept = still_valid(self._every_axis, asked_for, self._keys_of)
        return find_leftovers(self.paths, plan, self.devices.name, kept)

    def _made_ready(self, caller: Caller) -> tuple[SweepState, Places, Callable[[], None]]:
        """Makes what runs read, and writes the plan and the rules.

        Returns:
            The plan and its folder, where runs find what they read, and a function that writes the
            plan again, with the folders of what is finished by then.
        """
        data, places = self._data, Places()
        for one in [data, *map(self._other_data, self.axes.datasets[1:])]:
            prepare_videos(one, caller.bars)
        state = self.state()
        for doubt in doubts(state):
            caller.say(f'warning: {doubt}')
        state.forget(self.options.retry or ())
        earlier = state.earlier_rows()
        if not all(state.is_finished(key) for key in state.plan.runs):
            require_room_for_flow(state.plan, self.paths.root)
            places = prepare_places(state.plan, self.options.cache_gib, caller.bars, caller.say)
            places = replace(places, trackers=self._trackers)
        # Planning all axes again takes time, which a first call need not spend.
        valid = still_valid(self._every_axis, earlier, self._keys_of) if earlier else {}
        regimes = self._every_axis.described_regimes()
        dataset = dict(
            name=data.name,
            edition=data.kind,
            synthetic=data.synthetic,
            **(data.fingerprints() or {}),
        )
        # Written before the first run as well: the rules of the verdicts stand before the results.
        claims = state.claims_sha256(caller.claims_sha256)
        write_plan = partial(state.write_plan, dataset, claims, valid, regimes)
        write_plan()
        caller.keep_claims()
        return state, places, write_plan

    def _keys_of(self, axes: Axes) -> Mapping[str, set[str]]:
        # The videos of this split have been hashed; another's are, once, if they are still there.
        split = axes.dataset.split
        if split not in self._by_split:
            self._by_split[split] = self._data_of(axes)
        return self._plan(axes, self._by_split[split]).keys_by_regime

    def _plan(self, axes: Axes, data: SweepData) -> Plan:
        pool = str(self.paths.pool.resolve())
        kind = self.devices.kind
        return make_plan(axes, data, self._execution, kind, pool, self._other_data)

    def _data_of(self, axes: Axes) -> SweepData:
        return sweep_data(axes.dataset, self.options.data_root, self._groups())

    def _other_data(self, dataset: Dataset) -> SweepData:
        """The videos of a pretraining, looked at once; they may be the sweep's own."""
        if dataset == self.axes.dataset:
            return self._data
        for known, data in self._pretrained_on:
            if known == dataset:
                return data
        data = sweep_data(dataset, None, self._groups())
        self._pretrained_on.append((dataset, data))
        return data

    def _groups(self) -> str | None:
        return 'fit' if self._every_axis.selection == BEST_ON_HELD_OUT else None


def require_writable(folder: Path) -> None:
    """Finds out before the first run whether a folder can be written that is needed later, too.

    Raises:
        ResultsError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(f'{folder}: cannot be written ({error.strerror})') from error

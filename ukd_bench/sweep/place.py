"""Where a run finds what it needs, told to a copy of its config just before it starts.

It is not told earlier: a plan's configs are what its keys were made from, and a finished run that
is reused lies where it was made, which may be another folder.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..data.views.rendering import steps_of
from ..errors import HeldError, ResultsError
from ..files.atomic import write_json, write_text
from ..files.hashes import digest
from ..methods.student_config import method_hook
from ..records.folder import RunPaths
from ..records.key import LOADERS, OPEN_FLOW, OPEN_VIDEO
from ..records.lease import Lease, Watch, leased
from ..records.weights import made_by_runs
from .finished import SweepState
from .plan import Plan, PlannedRun, Pool


@dataclass(frozen=True)
class Places:
    """Folders on this machine of what runs read beside their videos.

    Attributes:
        flow: Folders of optical flow, by the root of the videos and the :func:`flow_key` of the
            steps that read it.
        cache: Folders of decoded frames, by the root of the videos and the ``short_side`` of the
            steps that read them.
    """

    flow: Mapping[tuple[Path, str], Path] = field(default_factory=dict)
    cache: Mapping[tuple[Path, int | None], Path] = field(default_factory=dict)


def steps_in(config: Config, name: str) -> Iterator[Any]:
    """The steps of a type in all pipelines of a run's config."""
    for loader in LOADERS:
        if config.get(loader) is not None:
            yield from steps_of(config[loader].dataset.pipeline, name)


def flow_settings(step: Mapping[str, Any]) -> dict[str, Any] | None:
    """The settings of the flow that a step reads; None where the step says where it lies."""
    if step.get('flow_root') is not None:
        return None
    return {key: value for key, value in step.items() if key not in ('type', 'flow_root')}


def flow_key(settings: dict[str, Any]) -> str:
    """Hash that tells flow from flow of other settings."""
    return digest(settings)


def placed_config(
    run: PlannedRun, plan: Plan, locate: Callable[[PlannedRun], RunPaths], places: Places
) -> Config:
    """A copy of the run's config with the places of what it needs in it.

    A bank gets the one teacher that fills it and an ensemble its teachers, as ``pool``; the student
    of a teacher of its own kind that teacher; a stage of a chain the checkpoint of the stage
    before; a backbone that is pretrained here the checkpoint of that run. Other students find their
    teachers in a pool file. Steps that open videos and flow get their folders.

    Args:
        run: A run of the plan.
        plan: The plan, which holds the run's parents.
        locate: Function from a run to the folder that it lies in or will.
        places: Folders of flow and frames.
    """
    config, root = run.config, run.data.root
    for step in steps_in(config, OPEN_FLOW):
        settings = flow_settings(step)
        if settings is not None and (folder := places.flow.get((root, flow_key(settings)))):
            step['flow_root'] = str(folder.resolve())
    for step in steps_in(config, OPEN_VIDEO):
        if folder := places.cache.get((root, step.get('short_side'))):
            step['cache'] = str(folder.resolve())
    for backbone in made_by_runs(config):
        checkpoint = locate(plan.made[backbone['run']]).checkpoint
        backbone['checkpoint'] = str(checkpoint.resolve())

    def entry(teacher: PlannedRun, bank: PlannedRun) -> dict[str, str]:
        made_by, banked_by = (RunPaths(locate(one).root.resolve()) for one in (teacher, bank))
        return pool_entry(teacher, made_by, banked_by)

    if run.spec.method == 'bank':
        config.pool = [entry(plan.runs[run.spec.parents[0]], run)]
    elif run.spec.method == 'ensemble':
        banks = {teacher.spec.key: bank for _, teacher, bank in plan.pool}
        config.pool = [entry(one, banks[one.spec.key]) for one in plan.teachers_of(run)]
    elif run.method.parents == 'own_kind':
        bank = plan.runs[run.spec.parents[0]]
        teacher = plan.runs[bank.spec.parents[0]]
        method_hook(config, run.method, run.label)['pool'] = [entry(teacher, bank)]
    elif run.starts_from is not None:
        before = locate(plan.runs[run.starts_from]).checkpoint
        method_hook(config, run.method, run.label)['previous'] = str(before.resolve())
    return config


def pool_file(path: Path, regime: str, first: str) -> Path:
    """The pool file of a regime: the sweep's own, or one beside it that has the regime's name.

    Args:
        path: The sweep's own, which is that of the first regime.
        regime: Name of the regime.
        first: Name of the first that the sweep's config has.
    """
    return path if regime == first else path.with_stem(f'{path.stem}-{regime}')


def pool_entry(teacher: PlannedRun, made_by: RunPaths, banked_by: RunPaths) -> dict[str, str]:
    """A teacher's entry in a pool.

    Args:
        teacher: The run that trains it.
        made_by: Folder of that run.
        banked_by: Folder of the run that fills its bank.
    """
    return dict(
        name=str(teacher.spec.teacher),
        key=teacher.spec.key,
        config=str(made_by.config),
        checkpoint=str(made_by.checkpoint),
        bank=str(banked_by.bank),
    )


class RunFolders:
    """Makes the folders of runs ready for their processes.

    Args:
        state: The plan and its folder.
        places: Folders of flow and frames.

    Attributes:
        watch: What has been seen of the processes that hold folders.
    """

    def __init__(self, state: SweepState, places: Places) -> None:
        self.watch = Watch()
        self._state = state
        self._places = places
        # Keys of runs whose configs on disk have the present places.
        self._placed: set[str] = set()

    def prepare(self, run: PlannedRun) -> bool:
        """Clears the run's folder and writes what its process needs, holding the folder.

        The places of what the run needs of others go into its config. A run that was cut off keeps
        what it goes on from, and its log.

        Returns:
            Whether the run is to be carried out; another sweep may have finished it by now.

        Raises:
            HeldError: a process carries the run out, or may do so for all that is known by now.
            ResultsError: the folder cannot be cleared or written.
        """
        paths = self._state.own_folder(run)
        try:
            paths.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultsError(f'{paths.root}: cannot be made ({error.strerror})') from error
        with leased(paths, self.watch) as lease:
            if self._state.look_again(run):
                return False
            _clear(paths, lease)
            self._place(run, paths)
            for one in self._state.plan.ancestors(run):
                key = one.spec.key
                if (
                    one.spec.method == 'teacher'
                    and key not in self._placed
                    and self._state.is_finished(key)
                ):
                    # It is of an earlier call. Its clips are rendered by its config, which may have
                    # been edited since, or their cache and flow moved. Who reads its bank asks the
                    # config, too, for what it was made.
                    self._place(one, self._state.folder(one))
            run.spec.write(paths.spec)
        return True

    def write_pool(self) -> None:
        """Writes the pool file of each regime, with paths relative to the sweep's folder.

        It lists the teachers of the plan and those that an earlier, wider plan has left on disk.
        """
        for regime, pool in self._state.plan.pools.items():
            # A regime without students has none, and what an earlier call left stays.
            if pool:
                path = pool_file(self._state.paths.pool, regime, self._state.plan.first_regime)
                write_json(path, dict(teachers=self._entries(pool)))

    def _entries(self, pool: Pool) -> list[dict[str, str]]:
        teachers = []
        for _, run, bank in pool:
            made_by = self._state.locate(run)
            if made_by is None:
                # K teachers are the first K: what comes after a gap is of no use.
                break
            banked_by = self._state.locate(bank) or self._state.own_folder(bank)
            made_by, banked_by = (RunPaths(Path(one.root.name)) for one in (made_by, banked_by))
            teachers.append(pool_entry(run, made_by, banked_by))
        return teachers

    def _give_pool(self, run: PlannedRun, config: Config, paths: RunPaths) -> None:
        """Has a run find its teachers in its own folder, so that it needs no file of the sweep's.

        That one lists what there is when it is written, and a run may be handed over earlier.
        """
        teachers = self._state.plan.pools[run.regime][: run.spec.num_teachers]
        if not run.method.reads or not teachers:
            return
        hook = method_hook(config, run.method, run.label)
        if not isinstance(hook.get('pool'), str):
            return
        root = paths.root.resolve()

        def beside(one: PlannedRun) -> RunPaths:
            folder = self._state.folder(one).root.resolve()
            return RunPaths(Path(os.path.relpath(folder, root)))

        entries = [pool_entry(one, beside(one), beside(bank)) for _, one, bank in teachers]
        write_json(paths.pool, dict(teachers=entries))
        hook['pool'] = str(root / paths.pool.name)

    def _place(self, run: PlannedRun, paths: RunPaths) -> None:
        """Writes a run's config with the present places in it, and notes that."""
        config = placed_config(run, self._state.plan, self._state.folder, self._places)
        self._give_pool(run, config, paths)
        # MMEngine's own layout will do; a prettier one takes most of a start's time.
        plain = Config(config.to_dict(), format_python_code=False)
        write_text(paths.config, plain.pretty_text)
        self._placed.add(run.spec.key)


def _clear(paths: RunPaths, lease: Lease) -> None:
    """Removes what an earlier attempt left and the run does not go on from."""
    # A run with a record came to an end: it lost a part, and is made anew from the start.
    goes_on_from = (paths.resume, paths.bank, paths.fill_progress)
    goes_on = not paths.record.exists() and any(path.exists() for path in goes_on_from)
    kept = (paths.leases, *((*goes_on_from, paths.log) if goes_on else ()))
    if not lease.is_held():
        # This process stood still for so long that another has taken the folder.
        raise HeldError(f'{paths.root}: another process carries this run out')
    try:
        for item in sorted(paths.root.iterdir()):
            if item in kept:
                continue
            if item.is_dir() and not item.is_symlink():
                shutil.rmtree(item)
            else:
                item.unlink()
    except OSError as error:
        raise ResultsError(f'{paths.root}: cannot be cleared ({error.strerror})') from error

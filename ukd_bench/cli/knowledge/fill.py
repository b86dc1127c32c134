"""``python -m ukd_bench.knowledge fill``: fills the banks that a config reads."""

import argparse
import contextlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from mmengine.config import DictAction

from ...data.views.rendering import DRAW_VIEW, sees_as_the_student
from ...errors import BankError, UkdBenchError
from ...knowledge.bank.format import Bank, BankPaths, storage_in
from ...knowledge.bank.storage import FLOAT32, FORMS, Storage
from ...knowledge.bank.student_config import BankReader, read_bank_reader
from ...knowledge.identity import BankIdentity
from ...knowledge.pool import PoolEntry, require_own_folders
from ...records.execution import DEVICES, device_name
from ...records.folder import RunPaths
from ..terminal import count


class _Overrides(DictAction):
    """MMEngine's, which splits what has no ``=`` all the same."""

    def __call__(self, parser: Any, namespace: Any, values: Any, *rest: Any) -> None:
        for value in values:
            if not value.partition('=')[1]:
                raise argparse.ArgumentError(self, f'{value!r} is not of the form KEY=VALUE')
        super().__call__(parser, namespace, values, *rest)


def add_config(command: argparse.ArgumentParser) -> None:
    """Adds a config, what overrides it, and the device that teachers run on."""
    command.add_argument(
        'config', type=Path, metavar='CONFIG', help='a training config with a hook that has a pool'
    )
    command.add_argument(
        '--device', choices=DEVICES, default='cpu', help='where teachers run (default: cpu)'
    )
    command.add_argument(
        '--cfg-options',
        nargs='+',
        action=_Overrides,
        metavar='KEY=VALUE',
        help='overrides, as for tools/train.py',
    )


Lacking = tuple[PoolEntry, BankIdentity]
"""A teacher without a bank that fits, and what that bank is for."""


def add(commands: argparse._SubParsersAction) -> None:
    """Adds the subcommand's parser."""
    command = commands.add_parser(
        'fill',
        help='fill the banks that a config reads',
        description='Scores every view of every training clip with each teacher, loaded alone. '
        'May be stopped at any instant and called again, and several times at once.',
    )
    add_config(command)
    command.add_argument(
        '--num-views',
        type=count('--num-views', 1),
        metavar='V',
        help="default: the hook's num_views, or the config's epochs",
    )
    command.add_argument(
        '--storage', metavar='S', help=f'{FORMS} (default: as the bank is, or float32)'
    )
    command.add_argument(
        '--processes',
        type=count('--processes', 1),
        default=1,
        metavar='N',
        help='that share the views among them (default: 1)',
    )
    command.add_argument(
        '--overwrite',
        action='store_true',
        help='fill folders anew that hold a whole bank of something else, or part of a larger one',
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fills what the command line asks for.

    Raises:
        ConfigError: the config cannot be used, or a teacher cannot be loaded.
        BankError: a bank that does not fit belongs to a sweep.
    """
    if arguments.storage is not None:
        Storage.of(arguments.storage)
    device_name(arguments.device)
    reader = read_bank_reader(arguments.config, arguments.cfg_options)
    views = arguments.num_views or reader.num_views or reader.epochs
    lacking = _lacking(reader, views, arguments.storage, arguments.overwrite)
    work = partial(_fill, reader, lacking, views, arguments.device, arguments.storage)
    with _helpers(arguments.processes - 1 if lacking else 0, work):
        work()
    for entry, _ in lacking:
        print(f'{entry.bank}: filled')
    return 0


def _lacking(reader: BankReader, views: int, storage: str | None, overwrite: bool) -> list[Lacking]:
    """The teachers whose banks a student cannot read as they are; says which it can.

    Raises:
        BankError: such a bank belongs to a sweep, or is a whole one of something else that shall
            not be overwritten.
    """
    from ...data.dataset import build_dataset
    from ...knowledge.identity import bank_identities, teacher_config

    require_own_folders(reader.teachers)
    identities = bank_identities(
        reader.teachers, build_dataset(reader.dataset), reader.dataset['pipeline'], reader.view_seed
    )
    lacking = []
    for entry, identity in zip(reader.teachers, identities, strict=True):
        misfit, is_another = _misfit(entry, identity, views, storage)
        if misfit is None:
            print(f'{entry.bank}: holds {views} views already')
        elif _belongs_to_a_sweep(entry):
            raise BankError(f'{misfit}; it belongs to a sweep: name another folder for this one')
        elif is_another and not overwrite:
            raise BankError(f'{misfit}; delete it, name another folder, or pass --overwrite')
        else:
            lacking.append((entry, identity))
            if sees_as_the_student(reader.dataset['pipeline'], teacher_config(entry)):
                print(
                    f"{entry.name}: sees the student's frames, because its own pipeline has no "
                    f'step {DRAW_VIEW}'
                )
    return lacking


def _belongs_to_a_sweep(entry: PoolEntry) -> bool:
    """Whether the bank lies in the folder of a run, finished or not."""
    run = RunPaths(entry.bank.parent)
    return run.record.is_file() or run.spec.is_file()


def _misfit(
    entry: PoolEntry, identity: BankIdentity, views: int, storage: str | None
) -> tuple[str | None, bool]:
    """Why a student cannot read the bank as it is, None where it can.

    And whether it is a whole bank that was made for something else, or is stored otherwise, or
    one in the making that shall have more views.
    """
    try:
        bank = Bank(entry.bank)
    except BankError as error:
        begun = BankPaths(entry.bank).begun()
        # What is done of more views is no less worth than a whole bank.
        more = begun is not None and begun.identity == identity and begun.num_views > views
        return f'{error}; {views} are asked for' if more else str(error), more
    is_stored_otherwise = storage not in (None, bank.storage.name)
    is_another = is_stored_otherwise or bool(bank.differing(identity))
    try:
        bank.require(identity)
        bank.require_intact()
    except BankError as error:
        return str(error), is_another
    if bank.num_views < views:
        return f'bank {entry.bank} holds {bank.num_views} views, {views} are needed', is_another
    reason = f'bank {entry.bank} is stored as {bank.storage.name}' if is_stored_otherwise else None
    return reason, is_another


def _fill(
    reader: BankReader, lacking: list[Lacking], views: int, device: str, storage: str | None
) -> None:
    # What runs a teacher is imported where a teacher is run.
    from ...knowledge.bank.fill import fill

    for entry, identity in lacking:
        fill(
            entry,
            reader.dataset,
            reader.view_seed,
            views,
            device,
            reader.num_workers,
            partial(_print_view, entry.name),
            storage or storage_in(entry.bank) or FLOAT32,
            identity,
        )


def _print_view(teacher: str, done: int, total: int) -> None:
    print(f'{teacher}: view {done} of {total}', flush=True)


@contextlib.contextmanager
def _helpers(number: int, work: Callable[[], None]) -> Iterator[None]:
    """Has further processes do the same work, and waits for them at the end.

    One that fails says why; what it left undone the others do. Where the block fails they are ended
    at once, and the views that they are at can be claimed again.
    """
    # Spawned, because a fork of a process with running threads may hang.
    context = multiprocessing.get_context('spawn')
    helpers = [context.Process(target=_help, args=(work,)) for _ in range(number)]
    for helper in helpers:
        helper.start()
    try:
        yield
    except BaseException:
        for helper in helpers:
            helper.terminate()
        raise
    finally:
        for helper in helpers:
            helper.join()


def _help(work: Callable[[], None]) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        work()
    except UkdBenchError as error:
        print(f'error: {error}', file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)

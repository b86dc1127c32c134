"""Fills the banks that a config reads, as far as a student cannot read them as they are."""

import contextlib
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from functools import partial

from ...data.dataset import build_dataset
from ...data.processes import end_with_parent
from ...data.views.rendering import DRAW_VIEW, sees_as_the_student
from ...errors import BankError, UkdBenchError
from ...records.folder import RunPaths
from ..identity import BankIdentity, bank_identities, teacher_config
from ..pool import PoolEntry, require_own_folders
from .fill_one import fill
from .format import Bank, BankPaths, storage_in
from .storage import FLOAT32, Storage
from .student_config import BankReader

Say = Callable[[str], None]
"""Function, importable in a new process, that is told in a line what a person should know."""

Lacking = tuple[PoolEntry, BankIdentity]
"""A teacher without a bank that fits, and what that bank is for."""


def fill_banks(
    reader: BankReader,
    device: str,
    say: Say,
    num_views: int | None = None,
    storage: str | None = None,
    processes: int = 1,
    overwrite: bool = False,
) -> None:
    """Scores every view with each teacher whose bank a student cannot read as it is.

    It may be stopped at any instant and called again, and several times at once.

    Args:
        reader: What a student's config says of its banks.
        device: Device that teachers run on.
        say: Called with lines on what is there already, how far each teacher is, what was filled.
        num_views: Views of a bank; None is the hook's number, or else the config's epochs.
        storage: How scores are kept; None keeps that of a bank, or else is float32.
        processes: Number of processes that share the views.
        overwrite: Whether a folder that holds a whole bank of something else is filled anew.

    Raises:
        ConfigError: a teacher cannot be loaded, or two have one folder.
        BankError: a bank that does not fit belongs to a sweep, or may not be overwritten.
    """
    if storage is not None:
        Storage.of(storage)
    views = num_views or reader.num_views or reader.epochs
    lacking = _lacking(reader, views, storage, overwrite, say)
    work = partial(_fill, reader, lacking, views, device, storage, say)
    with helpers(processes - 1 if lacking else 0, work):
        work()
    for entry, _ in lacking:
        say(f'{entry.bank}: filled')


def _lacking(
    reader: BankReader, views: int, storage: str | None, overwrite: bool, say: Say
) -> list[Lacking]:
    """The teachers whose banks a student cannot read as they are; says which it can.

    Raises:
        BankError: such a bank belongs to a sweep, or is a whole one of something else that shall
            not be overwritten.
    """
    require_own_folders(reader.teachers)
    identities = bank_identities(
        reader.teachers, build_dataset(reader.dataset), reader.dataset['pipeline'], reader.view_seed
    )
    lacking = []
    for entry, identity in zip(reader.teachers, identities, strict=True):
        misfit, is_another = _misfit(entry, identity, views, storage)
        if misfit is None:
            say(f'{entry.bank}: holds {views} views already')
        elif _belongs_to_a_sweep(entry):
            raise BankError(f'{misfit}; it belongs to a sweep: name another folder for this one')
        elif is_another and not overwrite:
            raise BankError(f'{misfit}; delete it, name another folder, or pass --overwrite')
        else:
            lacking.append((entry, identity))
            if sees_as_the_student(reader.dataset['pipeline'], teacher_config(entry)):
                say(
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
    """Why a student cannot read the bank as it is, or None, and whether a new fill destroys one.

    It does where there is a whole bank that was made for something else or is stored otherwise, or
    one in the making that shall have more views.
    """
    try:
        bank = Bank(entry.bank)
    except BankError as error:
        begun = BankPaths(entry.bank).begun()
        # A bank in the making with more views is worth no less than a whole one.
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
    reader: BankReader,
    lacking: list[Lacking],
    views: int,
    device: str,
    storage: str | None,
    say: Say,
) -> None:
    for entry, identity in lacking:
        fill(
            entry,
            reader.dataset,
            reader.view_seed,
            views,
            device,
            reader.num_workers,
            partial(_say_view, say, entry.name),
            storage or storage_in(entry.bank) or FLOAT32,
            identity,
        )


def _say_view(say: Say, teacher: str, done: int, total: int) -> None:
    say(f'{teacher}: view {done} of {total}')


@contextlib.contextmanager
def helpers(number: int, work: Callable[[], None]) -> Iterator[None]:
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
    end_with_parent()
    try:
        work()
    except UkdBenchError as error:
        print(f'error: {error}', file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)

"""Filling by several processes that die; the scores are made up, the processes are not."""

import dataclasses
import itertools
import json
import os
import time

import numpy as np
import pytest

from ukd_bench.errors import BankError, ResultsError
from ukd_bench.files.locks import Lock
from ukd_bench.knowledge.bank.format import Bank, BankPaths, storage_in
from ukd_bench.knowledge.bank.writer import BankWriter, tidy

from ..made_up_banks import IDENTITY, LABELS, job, scores, write_bank
from . import forked

OTHER = dataclasses.replace(IDENTITY, views='w' * 64)


def content(folder):
    """All files by name; a folder in it has no bytes."""
    return {path.name: path.is_file() and path.read_bytes() for path in folder.iterdir()}


def complete(folder):
    """The bank, if it reads as complete; then it must be one."""
    try:
        bank = Bank(folder)
    except BankError:
        return None
    bank.require_intact()
    assert bank.damaged_views() == []
    return bank


@pytest.fixture(params=['float32', 'top2'])
def storage(request):
    return request.param


@pytest.fixture
def undisturbed(tmp_path, storage):
    return content(write_bank(tmp_path / 'undisturbed', scores(), job(storage)).folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ('storage', 'before', 'stride'),
    [
        ('top2', None, 1),
        ('top2', dict(views=2), 3),
        ('float32', dict(identity=OTHER), 3),
    ],
    ids=['nothing there', 'fewer views', 'something else'],
)
def test_killed_at_any_step_and_called_again(
    tmp_path, monkeypatch, undisturbed, storage, before, stride
):
    """Before each time, or every third, that a process opens, renames, removes, locks or syncs."""
    # What a killed process has written the system keeps, on the disk or not yet.
    monkeypatch.setattr(os, 'fsync', lambda descriptor: None)
    old = before and job(storage, **before)
    kept = {*range(old.facts.num_views)} if old and old.facts.identity == IDENTITY else set()
    scored = []

    class Noted(BankWriter):
        def write(self, view, scores_NC):
            scored.append(view)
            super().write(view, scores_NC)

    monkeypatch.setattr('ukd_bench.knowledge.bank.writer.BankWriter', Noted)
    for step in itertools.count(1, stride):
        folder = tmp_path / str(step)
        if old:
            write_bank(folder, scores()[: old.facts.num_views], old)
        scored.clear()
        ended = forked.end(
            forked.start(lambda f=folder: write_bank(f, scores(), job(storage)), step)
        )
        bank = complete(folder)
        if ended == 0:
            break
        assert ended == -9
        if bank is not None and bank.facts.identity == IDENTITY:
            for view in range(bank.num_views):
                rows = bank.storage.encode(scores()[view])
                assert all(np.array_equal(bank.rows(view)[name], rows[name]) for name in rows)
        write_bank(folder, scores(), job(storage))
        assert content(folder) == undisturbed
        assert not kept & {*scored}
    assert content(folder) == undisturbed
    assert step > 50


class Counted(BankWriter):
    """Notes in a file which process wrote which view."""

    log = None
    seconds = 0.0

    def write(self, view, scores_NC):
        time.sleep(self.seconds)
        super().write(view, scores_NC)
        with open(self.log, 'a') as file:
            file.write(f'{os.getpid()} {view}\n')


def fill_with(writer, values):
    with writer:
        while writer.wait_for_work():
            for view in iter(writer.claim, None):
                writer.write(view, values[view])


@pytest.fixture
def slowly(tmp_path, storage):
    """Work that fills ``tmp_path / 'bank'`` with 40 views at leisure; what it wrote is logged."""
    values = scores(views=40)

    def work(seconds=0.01):
        writer = Counted(tmp_path / 'bank', job(storage, views=40))
        writer.log, writer.seconds = tmp_path / 'log', seconds
        fill_with(writer, values)

    work.wanted = content(write_bank(tmp_path / 'wanted', values, job(storage, views=40)).folder)
    work.folder = tmp_path / 'bank'
    work.log = lambda: [
        tuple(map(int, line.split())) for line in (tmp_path / 'log').read_text().splitlines()
    ]
    return work


def num_noted(folder):
    return len(BankPaths(folder).notes())


def test_three_processes_share_the_views(slowly):
    processes = [forked.start(slowly) for _ in range(3)]
    assert [forked.end(process) for process in processes] == [0, 0, 0]
    assert content(slowly.folder) == slowly.wanted
    log = slowly.log()
    # Each view once, and nobody was idle.
    assert sorted(view for _, view in log) == list(range(40))
    assert {process for process, _ in log} == set(processes)


def test_what_a_killed_process_had_begun_the_others_take_over(slowly):
    victim = forked.start(lambda: slowly(3600))
    forked.wait_until(lambda: BankPaths(slowly.folder).job.is_file())
    others = [forked.start(lambda: slowly(0.001)) for _ in range(2)]
    # All but the view that the victim has; the others wait for it.
    forked.wait_until(lambda: num_noted(slowly.folder) == 39)
    time.sleep(0.3)
    assert num_noted(slowly.folder) == 39
    with pytest.raises(BankError, match='never completed'):
        Bank(slowly.folder)
    forked.kill(victim)
    assert [forked.end(process) for process in others] == [0, 0]
    assert content(slowly.folder) == slowly.wanted


def test_a_process_that_fails_leaves_its_views_to_others(slowly):
    def fail():
        with BankWriter(slowly.folder, slowly_job()) as writer:
            writer.wait_for_work()
            writer.claim()
            raise SystemExit(3)

    def slowly_job():
        return job(json.loads(slowly.wanted['manifest.json'])['storage'], views=40)

    assert forked.end(forked.start(fail)) == 1
    slowly(0)
    assert content(slowly.folder) == slowly.wanted


def test_a_folder_that_others_fill_is_not_started_over(slowly, storage):
    process = forked.start(slowly)
    forked.wait_until(lambda: BankPaths(slowly.folder).job.is_file() and num_noted(slowly.folder))
    for other in (job(storage, views=40, identity=OTHER), job(storage, views=3)):
        with pytest.raises(BankError, match=r'another process fills it with something else; let'):
            write_bank(slowly.folder, scores(views=40), other)
    assert forked.end(process) == 0
    assert content(slowly.folder) == slowly.wanted


def test_a_half_filled_folder_for_something_else_is_started_over(slowly, storage):
    process = forked.start(slowly)
    forked.wait_until(lambda: num_noted(slowly.folder) > 2)
    assert storage_in(slowly.folder) == storage
    forked.kill(process)
    assert storage_in(slowly.folder) == storage
    bank = write_bank(slowly.folder, scores(seed=1), job('float16', identity=OTHER))
    assert content(bank.folder).keys() == {'scores.npy', 'labels.npy', 'manifest.json'}
    assert np.array_equal(bank.read(0, [0]), scores(seed=1)[0, :1].astype(np.float16))
    assert storage_in(slowly.folder) == 'float16'


def test_a_note_counts_only_with_its_rows(tmp_path, storage, undisturbed):
    """As after a loss of power that kept the note and lost the rows."""
    folder = tmp_path / 'bank'
    writer = BankWriter(folder, job(storage))
    with writer:
        for view in (0, 1):
            assert writer.claim() == view
            writer.write(view, scores()[view])
    path = BankPaths(folder).array('scores')
    damaged = bytearray(path.read_bytes())
    damaged[130] ^= 1
    path.write_bytes(damaged)
    scored = []
    with BankWriter(folder, job(storage)) as again:
        while again.wait_for_work():
            for view in iter(again.claim, None):
                again.write(view, scores()[view])
                scored.append(view)
    assert scored == [0, 2]
    assert content(folder) == undisturbed


def test_rows_that_change_before_the_end_are_scored_again(tmp_path, storage, undisturbed):
    folder, scored = tmp_path / 'bank', []
    with BankWriter(folder, job(storage)) as writer:
        while writer.wait_for_work():
            for view in iter(writer.claim, None):
                writer.write(view, scores()[view])
                scored.append(view)
                if scored == [0, 1, 2]:
                    path = BankPaths(folder).array('scores')
                    with open(path, 'r+b') as file:
                        file.seek(-1, os.SEEK_END)
                        last = file.read()
                        file.seek(-1, os.SEEK_END)
                        file.write(bytes([last[0] ^ 1]))
    assert scored == [0, 1, 2, 2]
    assert content(folder) == undisturbed


def scored_views(folder, new, values):
    scored = []
    with BankWriter(folder, new) as writer:
        while writer.wait_for_work():
            for view in iter(writer.claim, None):
                writer.write(view, values[view])
                scored.append(view)
    return scored


def test_more_views_are_added_to_a_bank_of_the_same_kind(tmp_path, storage, undisturbed):
    folder = write_bank(tmp_path / 'bank', scores()[:2], job(storage, views=2)).folder
    mapped = Bank(folder)
    assert scored_views(folder, job(storage), scores()) == [2]
    assert content(folder) == undisturbed
    # Who reads the smaller one goes on with it.
    assert np.array_equal(mapped.rows(1)['scores'], Bank(folder).rows(1)['scores'])
    # And fewer are there already.
    assert scored_views(folder, job(storage, views=1), scores()) == []
    assert content(folder) == undisturbed


def test_a_damaged_view_alone_is_scored_again(tmp_path, storage, undisturbed):
    folder = write_bank(tmp_path / 'bank', scores(), job(storage)).folder
    with open(folder / 'scores.npy', 'r+b') as file:
        file.seek(128 + Bank(folder).arrays['scores'][0].nbytes)
        file.write(b'\xff')
    assert scored_views(folder, job(storage), scores()) == [1]
    assert content(folder) == undisturbed


def test_a_bank_of_another_kind_is_filled_anew(tmp_path, storage):
    folder = write_bank(tmp_path / 'bank', scores(), job(storage)).folder
    for other in (
        job(storage, identity=OTHER),
        job('float16', identity=OTHER),
        job('float16', labels=LABELS[:4]),
    ):
        values = scores(samples=len(other.labels))
        assert scored_views(folder, other, values) == [0, 1, 2]
        assert Bank(folder).facts.shape == other.facts.shape


def test_what_a_finished_process_left_is_tidied(tmp_path, storage, undisturbed):
    """It was killed after the manifest, while others still were there."""
    paths = BankPaths(write_bank(tmp_path / 'bank', scores(), job(storage)).folder)
    paths.work.mkdir()
    for name in ('job.json', 'view-00000.lock', 'view-00000.json', 'members.lock', '.x'):
        (paths.work / name).touch()
    (paths.folder / '.manifest.json.abc').touch()
    member = Lock(paths.work / 'members.lock')
    assert member.take(shared=True)
    tidy(paths)
    assert paths.job.is_file()
    member.release()
    tidy(paths)
    assert content(paths.folder) == undisturbed


def test_scores_that_do_not_fit_name_teacher_and_view(tmp_path):
    with BankWriter(tmp_path, job('float16')) as writer:
        view = writer.claim()
        with pytest.raises(BankError, match=r'view 0 have the shape \[4, 4\], not \[5, 4\]'):
            writer.write(view, scores()[0, :4])
        with pytest.raises(BankError, match=r'^teacher a, view 0: a score of magnitude 3e\+06'):
            writer.write(view, np.full_like(scores()[0], 3e6))


def test_no_room_is_one_line(tmp_path, monkeypatch):
    def fallocate(*_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'posix_fallocate', fallocate)
    with pytest.raises(ResultsError, match=r'scores\.npy: cannot be written \(No space left'):
        write_bank(tmp_path, scores(), job())
    assert Lock(BankPaths(tmp_path).work / 'members.lock').take()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(ResultsError, match=r'cannot be locked \(Not a directory\)'):
        write_bank(tmp_path / 'file', scores(), job())

"""Only what names no place on this machine is published, and nothing is lost for it."""

import contextlib
import errno
import itertools
import json
import os
import shutil
from pathlib import Path

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.files.locks import Lock
from ukd_bench.records.folder import SweepPaths
from ukd_bench.records.plan_file import write_plan
from ukd_bench.results.__main__ import main
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.publish import publish

from .made_up import MadeUpSweep, change_sealed

RUN = 'plain-r2plus1d-r18-w8-0-cafe'


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    """A finished sweep, with files that must stay behind."""
    folder = MadeUpSweep(seeds=(0,)).write(tmp_path_factory.mktemp('made') / 'sweep')
    (folder / RUN / 'config.py').write_text("data_root = '/somewhere/of/mine'")
    (folder / RUN / 'checkpoint.pth').write_bytes(b'weights')
    (folder / 'claims.toml').write_text('of its own')
    return folder


@pytest.fixture
def sweep(made, tmp_path):
    """A copy that a test may break."""
    return Path(shutil.copytree(made, tmp_path / 'sweep'))


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file()
    }


def test_copies_records_and_leaves_weights(sweep, tmp_path):
    runs = len(load_sweep(sweep).runs)
    assert publish(sweep, tmp_path / 'new' / 'out') == runs > 10
    copied = files_of(tmp_path / 'new' / 'out')
    assert {Path(name).name for name in copied} == {
        *('plan.json', 'claims.toml', 'record.json', 'scores.npz', 'curve.csv')
    }
    assert [name for name in copied if name.startswith(RUN)] == [
        f'{RUN}/{name}' for name in ('curve.csv', 'record.json', 'scores.npz')
    ]
    # A second time replaces the first.
    assert publish(sweep, tmp_path / 'new' / 'out') == runs
    assert files_of(tmp_path / 'new' / 'out') == copied
    assert [path.name for path in (tmp_path / 'new').iterdir()] == ['out']


def test_refuses_places_on_this_machine(sweep, tmp_path, capsys):
    change_sealed(sweep / RUN / 'record.json', {'where': '/somewhere/of/mine'}, 'config')
    assert main(['publish', str(sweep), str(tmp_path / 'out')]) == 2
    assert "record.json: names a place on this machine, '/somewhere/of" in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('harm', ['edited', 'absent', 'without scores'])
def test_refuses_a_run_without_a_result_to_believe(sweep, tmp_path, harm, rewrite):
    if harm == 'edited':
        rewrite(sweep / RUN / 'record.json', 0.9, 'metrics', 'top1')
    else:
        (sweep / RUN / ('record.json' if harm == 'absent' else 'scores.npz')).unlink()
    told = {'edited': 'edited or damaged', 'absent': 'no record', 'without scores': 'scores.npz is'}
    with pytest.raises(ResultsError, match=rf'{RUN}/record.json: .*{told[harm]}'):
        publish(sweep, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_refuses_to_replace_something_else(sweep, tmp_path):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'thesis.txt').write_text('precious')
    with pytest.raises(ResultsError, match='not a published sweep'):
        publish(sweep, tmp_path / 'out')
    (tmp_path / 'out' / 'plan.json').write_text('{"name": "made-up"}')
    with pytest.raises(ResultsError, match=r'it holds thesis\.txt; name a new folder'):
        publish(sweep, tmp_path / 'out')
    assert (tmp_path / 'out' / 'thesis.txt').read_text() == 'precious'


@pytest.mark.parametrize('strange', ['x/checkpoint.pth', 'x/bank/scores.npy', '.lock', 'x/link'])
def test_refuses_to_replace_a_sweep_that_is_no_copy(sweep, tmp_path, strange):
    publish(sweep, tmp_path / 'out')
    path = tmp_path / 'out' / strange
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name == 'link':
        path.symlink_to(sweep)
    else:
        path.write_bytes(b'dear')
    before = files_of(tmp_path / 'out')
    with pytest.raises(ResultsError, match=rf'it holds {strange}; name a new folder'):
        publish(sweep, tmp_path / 'out')
    assert files_of(tmp_path / 'out') == before


def test_refuses_to_replace_a_copy_of_another_sweep(sweep, tmp_path):
    publish(sweep, tmp_path / 'out')
    change_sealed(sweep / 'plan.json', 'other', 'name')
    with pytest.raises(ResultsError, match="holds the sweep 'made-up', not 'other'"):
        publish(sweep, tmp_path / 'out')
    assert load_sweep(tmp_path / 'out').name == 'made-up'


def test_a_copy_of_an_earlier_release_is_replaced(sweep, tmp_path):
    publish(sweep, tmp_path / 'out')
    plan = json.loads((tmp_path / 'out' / 'plan.json').read_text())
    (tmp_path / 'out' / 'plan.json').write_text(json.dumps(plan | {'schema': 1}))
    publish(sweep, tmp_path / 'out')
    assert load_sweep(tmp_path / 'out').name == 'made-up'


@pytest.mark.parametrize('where', ['.', '..', RUN, 'new', '../link', '../sweep/x/..'])
def test_refuses_the_sweep_itself_and_all_above_and_in_it(sweep, tmp_path, where):
    (tmp_path / 'link').symlink_to(sweep)
    before = files_of(tmp_path)
    with pytest.raises(ResultsError, match='the copy must lie outside the sweep'):
        publish(sweep, sweep / where)
    assert files_of(tmp_path) == before


@pytest.mark.parametrize('folder', ['..', '.', '', '/etc', 'a/b', '../out', 'a\n', 'x' * 5000, 5])
def test_a_row_that_leads_out_of_the_sweep_is_refused(sweep, tmp_path, folder):
    plan = json.loads((sweep / 'plan.json').read_text())
    plan['runs'][3]['folder'] = folder
    write_plan(sweep / 'plan.json', plan)
    before = files_of(tmp_path)
    with pytest.raises(ResultsError, match=r'runs\[3\]\.folder is .*, not the name of a f') as told:
        publish(sweep, tmp_path / 'out')
    assert '\n' not in str(told.value) and len(str(told.value)) < 400
    assert files_of(tmp_path) == before


def test_a_failure_leaves_the_earlier_copy_as_it_was(sweep, tmp_path, monkeypatch):
    publish(sweep, tmp_path / 'out')
    before = files_of(tmp_path)

    def full(*_):
        raise OSError(28, 'No space left on device', 'somewhere')

    monkeypatch.setattr('shutil.copy', full)
    assert main(['publish', str(sweep), str(tmp_path / 'out')]) == 2
    assert files_of(tmp_path) == before


class Cut:
    """Interrupts a step of what is done with files, before or after it is done.

    Args:
        step: Number of the step.
        done: Whether it is done first.
        killed: Whether no later step is done either, as where a process is killed.
    """

    FUNCTIONS = ((shutil, 'copy'), (shutil, 'rmtree'), (os, 'rename'), (os, 'mkdir'))

    def __init__(self, step, done, killed):
        self.step, self.done, self.killed, self.taken = step, done, killed, 0

    def set(self, patch):
        for module, name in self.FUNCTIONS:
            patch.setattr(module, name, self.cutting(getattr(module, name)))

    def cutting(self, function):
        def act(*arguments, **named):
            self.taken += 1
            cut = self.taken == self.step
            if (cut and not self.done) or (self.killed and self.taken > self.step):
                raise KeyboardInterrupt
            try:
                return function(*arguments, **named)
            finally:
                if cut:
                    raise KeyboardInterrupt

        return act


@pytest.mark.parametrize('done', [False, True])
@pytest.mark.parametrize('killed', [False, True])
def test_an_interrupt_at_any_step_leaves_a_whole_copy(sweep, tmp_path, monkeypatch, done, killed):
    plan = json.loads((sweep / 'plan.json').read_text())
    rows = [row for row in plan['runs'] if row['folder'] == RUN]
    write_plan(sweep / 'plan.json', plan | dict(runs=rows))
    earlier, new, target = tmp_path / 'earlier', tmp_path / 'new', tmp_path / 'there' / 'out'
    publish(sweep, earlier)
    (sweep / 'claims.toml').write_text('changed since')
    publish(sweep, new)
    contents = {'earlier': files_of(earlier), 'new': files_of(new)}
    assert len(contents['new']) == 5 and contents['new'] != contents['earlier']
    stands = []
    for step in itertools.count(1):
        shutil.copytree(earlier, target)
        cut = Cut(step, done, killed)
        with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
            cut.set(patch)
            publish(sweep, target)
        left = [files_of(path.parent) for path in target.parent.rglob('plan.json')]
        assert any(content in left for content in contents.values()), step
        if target.exists() or not killed:
            content = files_of(target)
            stands.append(next(name for name, value in contents.items() if value == content))
        shutil.rmtree(target.parent)
        if cut.taken < step:
            break
    # Folders, five copies, two renames and the removal of what was there; then a whole call.
    assert step > 10 and [*dict.fromkeys(stands)] == ['earlier', 'new']
    # Nothing stands there only between the two renames.
    assert len(stands) == step - killed


def test_an_earlier_copy_that_cannot_be_put_back_is_kept(sweep, tmp_path, monkeypatch, capsys):
    publish(sweep, tmp_path / 'out')
    before = files_of(tmp_path / 'out')
    rename = os.rename

    def refuse(path, target):
        if Path(target).name == 'out':
            raise PermissionError(13, 'Permission denied', str(path))
        return rename(path, target)

    monkeypatch.setattr(os, 'rename', refuse)
    assert main(['publish', str(sweep), str(tmp_path / 'out')]) == 2
    (former,) = tmp_path.glob('.out.*/former')
    assert files_of(former) == before
    # It is told where it lies.
    assert f'error: {former}: Permission denied' in capsys.readouterr().err


def test_rules_that_are_no_text_are_refused(sweep, tmp_path, capsys):
    (sweep / 'claims.toml').write_bytes(b'name = "caf\xe9"')
    assert main(['publish', str(sweep), str(tmp_path / 'out')]) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith(f'error: {sweep}/claims.toml: is not UTF-8 text (')
    assert complaint.count('\n') == 1 and not (tmp_path / 'out').exists()


def test_a_sweep_at_work_is_not_copied(sweep, tmp_path):
    lock = Lock(SweepPaths(sweep).lock)
    assert lock.take()
    with pytest.raises(ResultsError, match=r'sweep: a sweep works in it, or it is being published'):
        publish(sweep, tmp_path / 'out')
    assert not (tmp_path / 'out').exists() and lock.path.exists()
    lock.release()
    publish(sweep, tmp_path / 'out')
    assert not lock.path.exists()


def test_no_sweep_begins_while_one_is_copied(sweep, tmp_path, monkeypatch):
    copied, seen = shutil.copy, []

    def copy(*paths):
        seen.append(Lock(SweepPaths(sweep).lock).take(shared=True))
        return copied(*paths)

    monkeypatch.setattr(shutil, 'copy', copy)
    publish(sweep, tmp_path / 'out')
    assert len(seen) > 10 and not any(seen)
    assert not SweepPaths(sweep).lock.exists()


@pytest.mark.parametrize('lock', ['left', 'absent'])
def test_a_sweep_in_a_place_to_read_alone_is_copied(sweep, tmp_path, monkeypatch, lock):
    opened, path = os.open, SweepPaths(sweep).lock
    if lock == 'left':
        path.touch()
    before = files_of(sweep)

    def refuse(name, flags, *mode, **named):
        if str(name).startswith(f'{sweep}/') and flags & (os.O_RDWR | os.O_WRONLY | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(name))
        return opened(name, flags, *mode, **named)

    def unlink(name, **named):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(name))

    monkeypatch.setattr(os, 'open', refuse)
    monkeypatch.setattr(os, 'unlink', unlink)
    assert publish(sweep, tmp_path / 'out') > 10
    assert files_of(sweep) == before


def test_a_folder_that_is_absent_is_not_made(tmp_path):
    with pytest.raises(ResultsError, match='absent: no such results folder'):
        publish(tmp_path / 'absent', tmp_path / 'out')
    assert not list(tmp_path.iterdir())

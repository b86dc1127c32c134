"""What is edited, damaged, swapped or removed in a finished sweep is noticed by name.

The sweep warns of it or plans its run again, and the report shows the run without figures and says
why. Where one of them does not look at what was changed, the reason stands beside it.
"""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.report.tables.lost import lost_table
from ukd_bench.results.loading import load_sweep
from ukd_bench.sweep.doubts import doubts
from ukd_bench.sweep.finished import SweepState

from ..results.made_up import change_sealed
from . import whole_sweep

EDITED = 'edited or damaged, its digest is not that of its content'
SPLIT_OFF = 'a report is made of copies too, which have no weights and no banks'
REWRITTEN = 'it is written anew before any run reads it'


@dataclass(frozen=True)
class Tampering:
    """One change to a finished sweep.

    Attributes:
        name: What is done.
        change: Does it, to the folders of the runs by method and the sweep's own.
        run: The run that it is done to, by method; '' for the sweep as a whole.
        sweep: What the sweep says of it; None where it does not mind.
        report: The same of the report.
        because: Why whoever does not mind need not.
    """

    name: str
    change: Callable[[dict[str, Path]], object]
    run: str = 'ukd'
    sweep: str | None = EDITED
    report: str | None = EDITED
    because: str = ''


def edit(path: Path, value, *keys) -> None:
    content = json.loads(path.read_text())
    place = content
    for key in keys[:-1]:
        place = place[key]
    assert place[keys[-1]] != value
    place[keys[-1]] = value
    path.write_text(json.dumps(content))


def in_record(value, *keys, run='ukd') -> Tampering:
    """A value of a record that is edited by hand."""
    name = f'{run}: {".".join(map(str, keys))} = {value}'
    return Tampering(name, lambda at: edit(at[run] / 'record.json', value, *keys), run)


def in_plan(name: str, change: Callable[[dict], object]) -> Tampering:
    def apply(at):
        path = at[''] / 'plan.json'
        plan = json.loads(path.read_text())
        before = json.dumps(plan)
        change(plan)
        assert json.dumps(plan) != before
        path.write_text(json.dumps(plan))

    return Tampering(f'plan: {name}', apply, '')


def on_bank(name: str, change: Callable[[Path], object], because: str = SPLIT_OFF) -> Tampering:
    told = 'bank is not the recorded one'
    return Tampering(
        f'bank: {name}', lambda at: change(at['bank'] / 'bank'), 'bank', told, None, because
    )


def on_scores(name: str, change: Callable[[Path], object], told: str) -> Tampering:
    return Tampering(
        f'scores: {name}', lambda at: change(at['ukd'] / 'scores.npz'), 'ukd', told, told
    )


def resave(**changes) -> Callable[[Path], None]:
    def change(path):
        with np.load(path) as arrays:
            kept = dict(arrays)
        np.savez(path, **{name: changes.get(name, lambda old: old)(kept[name]) for name in kept})

    return change


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def swap(one: Path, other: Path) -> None:
    aside = one.with_name('aside')
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


NOT_RECORDED = r'scores\.npz is not the recorded one'
OF_ANOTHER = r"the record has key '\w+', the plan '\w+'"
OTHER_CONFIG = 'the record has another config than the plan'
OTHER_TEACHERS = 'it learned from other teachers than the plan gives it'

TAMPERINGS = [
    in_record(0.75, 'metrics', 'top1'),
    in_record(0.75, 'metrics', 'top5'),
    in_record(0.75, 'metrics', 'mean_class'),
    in_record(None, 'metrics'),
    in_record(1, 'memory', 'train', 'allocated_peak_bytes'),
    in_record(2**40, 'memory', 'eval', 'process_peak_bytes'),
    in_record({}, 'memory'),
    in_record(0.001, 'time', 'step_median_s'),
    in_record(0.001, 'time', 'wall_s'),
    in_record('0' * 64, 'hashes', 'student_state'),
    in_record('0' * 64, 'hashes', 'initial_state'),
    in_record('0' * 64, 'hashes', 'targets'),
    in_record('0' * 64, 'hashes', 'checkpoint', run='teacher'),
    in_record(None, 'hashes', 'checkpoint', run='teacher'),
    in_record(None, 'hashes', 'scores'),
    in_record(None, 'hashes', 'curve'),
    in_record('0' * 64, 'hashes', 'bank', run='bank'),
    in_record(None, 'hashes', 'bank_manifest', run='bank'),
    in_record(0, 'counts', 'teacher_forwards', run='naive'),
    in_record(1, 'counts', 'inference_flops'),
    in_record('oom', 'status'),
    in_record('diverged', 'status'),
    in_record('another', 'key'),
    in_record('beef', 'execution'),
    in_record('plain', 'method'),
    in_record('resnet', 'student'),
    in_record('other', 'teacher', run='teacher'),
    in_record(3, 'num_teachers'),
    in_record(7, 'seed'),
    in_record(2, 'split'),
    in_record(1, 'schedule', 'epochs'),
    in_record(1, 'schedule', 'full_epochs'),
    in_record(1, 'schedule', 'batch_size'),
    in_record([], 'parents'),
    in_record('other', 'teachers', 0, 'checkpoint_sha256', run='naive'),
    in_record('other', 'teachers', 0, 'key', run='naive'),
    in_record(1.0, 'knowledge', 'weight'),
    in_record(0.0, 'knowledge', 'divergence'),
    in_record('oracle_best_on_test', 'selection'),
    in_record(1, 'selected_epoch'),
    in_record(9, 'protocol', 'version'),
    in_record(1, 'flow', 'compute_s', run='two_stream_rgb_flow'),
    in_record('NVIDIA', 'environment', 'device', 'name'),
    in_record(8, 'environment', 'threads'),
    in_record('float16', 'environment', 'precision'),
    in_record('0' * 64, 'environment', 'source_sha256'),
    in_record(True, 'environment', 'git', 'dirty'),
    in_record('2030-01-01', 'environment', 'finished'),
    in_record('others', 'dataset', 'fingerprint'),
    in_record(False, 'dataset', 'synthetic'),
    in_record(['Sit', 'Run'], 'dataset', 'classes'),
    in_record({'lr': 1}, 'config'),
    in_record({'type': 'E', 'message': 'm'}, 'error'),
    in_record('0' * 64, 'digest'),
    Tampering(
        'a record of an earlier release',
        lambda at: edit(at['ukd'] / 'record.json', 1, 'schema'),
        sweep='schema 1 is not 2',
        report='schema 1 is not 2',
    ),
    Tampering(
        'a record without its digest',
        lambda at: (at['ukd'] / 'record.json').write_text(
            re.sub(r',\s*"digest": "\w+"', '', (at['ukd'] / 'record.json').read_text())
        ),
    ),
    Tampering(
        'a record that is removed',
        lambda at: (at['ukd'] / 'record.json').unlink(),
        sweep='',
        report='no record and no state',
    ),
    Tampering(
        'the record of another run copied in',
        lambda at: shutil.copy(at['naive'] / 'record.json', at['ukd'] / 'record.json'),
        sweep=OF_ANOTHER,
        report=OF_ANOTHER,
    ),
    Tampering(
        'two folders swapped', lambda at: swap(at['ukd'], at['naive']),
        sweep=OF_ANOTHER, report=OF_ANOTHER,
    ),
    Tampering(
        'a record laid out anew',
        lambda at: (at['ukd'] / 'record.json').write_text(
            json.dumps(json.loads((at['ukd'] / 'record.json').read_text()), sort_keys=True)
        ),
        sweep=None, report=None, because='it says what it said',
    ),
    on_scores('cut short', lambda p: p.write_bytes(p.read_bytes()[:200]), NOT_RECORDED),
    on_scores('emptied', lambda p: p.write_bytes(b''), NOT_RECORDED),
    on_scores('removed', lambda p: p.unlink(), r'scores\.npz is absent'),
    on_scores('a folder', lambda p: (p.unlink(), p.mkdir()), r'scores\.npz cannot be read'),
    on_scores('changed', resave(scores=lambda old: old[:, ::-1]), NOT_RECORDED),
    on_scores('other labels', resave(labels=lambda old: old[::-1]), NOT_RECORDED),
    on_scores('renamed clips', resave(samples=lambda old: old[::-1]), NOT_RECORDED),
    Tampering(
        'scores: of another run',
        lambda at: shutil.copy(at['naive'] / 'scores.npz', at['ukd'] / 'scores.npz'),
        sweep=NOT_RECORDED, report=NOT_RECORDED,
    ),
    Tampering(
        'curve edited',
        lambda at: (at['ukd'] / 'curve.csv').write_text('epoch,loss,learning_rate\n1,0.1,0.1\n'),
        sweep=r'curve\.csv is not the recorded one', report=r'curve\.csv is not the recorded one',
    ),
    Tampering(
        'curve removed', lambda at: (at['ukd'] / 'curve.csv').unlink(),
        sweep=r'curve\.csv is absent', report=r'curve\.csv is absent',
    ),
    Tampering(
        'weights edited', lambda at: flip(at['teacher'] / 'checkpoint.pth'), 'teacher',
        r'checkpoint\.pth is not the recorded one', None, SPLIT_OFF,
    ),
    Tampering(
        'weights removed', lambda at: (at['teacher'] / 'checkpoint.pth').unlink(), 'teacher',
        r'checkpoint\.pth is absent', None, SPLIT_OFF,
    ),
    on_bank('scores', lambda bank: flip(bank / 'scores.npy')),
    on_bank('labels', lambda bank: flip(bank / 'labels.npy')),
    on_bank('removed', shutil.rmtree),
    on_bank('no manifest', lambda bank: (bank / 'manifest.json').unlink()),
    on_bank('identity', lambda bank: edit(bank / 'manifest.json', 'other', 'identity', 'classes')),
    on_bank('shape', lambda bank: edit(bank / 'manifest.json', [1, 2, 1], 'shape')),
    on_bank('completeness', lambda bank: edit(bank / 'manifest.json', False, 'complete')),
    on_bank('classes', lambda bank: edit(bank / 'manifest.json', ['Sit', 'Run'], 'classes')),
    on_bank('teacher', lambda bank: edit(bank / 'manifest.json', 'b', 'teacher', 'name')),
    on_bank('checksum', lambda bank: edit(bank / 'manifest.json', 'x', 'views', 0, 'sha256')),
    in_plan('a seed', lambda plan: plan['runs'][-1].update(seed=9)),
    in_plan('a folder', lambda plan: plan['runs'][-1].update(folder=plan['runs'][0]['folder'])),
    in_plan('stale runs', lambda plan: plan['runs'][-1].update(stale=True)),
    in_plan('a row removed', lambda plan: plan['runs'].pop()),
    in_plan('a row twice', lambda plan: plan['runs'].append(plan['runs'][0])),
    in_plan('rows in another order', lambda plan: plan['runs'].reverse()),
    in_plan('rules', lambda plan: plan.update(claims_sha256='0' * 64)),
    in_plan('the order of the pool', lambda plan: plan['pool'].reverse()),
    in_plan('data', lambda plan: plan['dataset'].update(synthetic=False)),
    in_plan('name', lambda plan: plan.update(name='other')),
    in_plan('methods', lambda plan: plan.update(methods=[{}])),
    Tampering(
        'pool: in another order',
        lambda at: (at[''] / 'pool.json').write_text(
            json.dumps(
                {'teachers': json.loads((at[''] / 'pool.json').read_text())['teachers'][::-1]}
            )
        ),
        '', None, None, REWRITTEN,
    ),
    *(
        Tampering(
            f'{file} of a finished run', lambda at, file=file: (at['ukd'] / file).write_text('{}'),
            sweep=None, report=None, because=REWRITTEN,
        )
        for file in ('run.json', 'config.py', 'state.json')
    ),
    # Digests made anew, by someone who knows how.
    Tampering(
        'forged: a metric',
        lambda at: change_sealed(at['ukd'] / 'record.json', 0.5, 'metrics', 'top1'),
        sweep=None, report=r'metrics\.top1 is 0\.5, by scores\.npz it is 1',
        because='the sweep uses no metric',
    ),
    Tampering(
        'forged: another seed', lambda at: change_sealed(at['ukd'] / 'record.json', 9, 'seed'),
        sweep='the record has seed 9, the plan 0', report='the record has seed 9, the plan 0',
    ),
    Tampering(
        'forged: another config',
        lambda at: change_sealed(
            at['ukd'] / 'record.json', 10, 'config', 'optim_wrapper', 'optimizer', 'lr'
        ),
        sweep=OTHER_CONFIG, report=OTHER_CONFIG,
    ),
    Tampering(
        'forged: another teacher',
        lambda at: change_sealed(at['naive'] / 'record.json', 'other', 'teachers', 0, 'key'),
        'naive', OTHER_TEACHERS, None, 'the report shows whose scores these are, by the parents',
    ),
    Tampering(
        'forged: no teachers',
        lambda at: change_sealed(at['ukd'] / 'record.json', [], 'teachers'),
        'ukd', OTHER_TEACHERS, None, 'the report shows whose scores these are, by the parents',
    ),
    Tampering(
        'forged: more clips',
        lambda at: change_sealed(at['ukd'] / 'record.json', 500, 'dataset', 'test_samples'),
        sweep=None, report=r'scores\.npz has 2 clips, the record 500',
        because='the sweep uses no such number',
    ),
    Tampering(
        'forged: a class more',
        lambda at: change_sealed(at['ukd'] / 'record.json', ['a', 'b', 'c'], 'dataset', 'classes'),
        sweep=None, report=r'scores\.npz has 2 classes, the record 3',
        because='the key covers the classes',
    ),
]  # fmt: skip


@pytest.fixture(scope='module')
def whole(tmp_path_factory) -> Path:
    return whole_sweep.write(tmp_path_factory.mktemp('whole') / 'results').paths.root


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / 'results'))


def victims(state: SweepState) -> dict[str, Path]:
    """Folders of one run of each method, the last there is, and of the sweep."""
    folders = {run.spec.method: state.own_folder(run).root for run in state.plan.runs.values()}
    return {'': state.paths.root, **folders}


def test_an_untouched_sweep_is_beyond_doubt(folder):
    state = whole_sweep.read_again(folder)
    assert [*doubts(state)] == []
    assert {state.status(run) for run in state.plan.runs.values()} == {'done'}
    assert {run.status for run in load_sweep(folder).runs} == {'done'}


def test_there_are_many_kinds_and_each_harmless_one_has_its_reason():
    assert len({tampering.name for tampering in TAMPERINGS}) == len(TAMPERINGS) >= 90
    for tampering in TAMPERINGS:
        assert bool(tampering.because) == (None in (tampering.sweep, tampering.report))


@pytest.mark.parametrize('tampering', TAMPERINGS, ids=lambda tampering: tampering.name)
def test_tampering_is_noticed_by_name(folder, tampering):
    at = victims(whole_sweep.read_again(folder))
    tampering.change(at)
    _sweep_notices(folder, at[tampering.run], tampering)
    _report_notices(folder, at[tampering.run], tampering)


def _sweep_notices(folder, victim, tampering):
    state = whole_sweep.read_again(folder)
    told = [*doubts(state)]
    pending = [
        state.own_folder(run).root
        for run in state.plan.runs.values()
        if state.status(run) == 'pending'
    ]
    if tampering.sweep is None:
        assert told == [] and pending == []
    elif tampering.run == '':
        assert len(told) == 1 and re.search(rf'plan\.json: {tampering.sweep}', told[0])
        with pytest.raises(ResultsError, match='restore it, or remove it to plan anew'):
            state.earlier_rows()
    else:
        assert victim in pending
        named = [line for line in told if str(victim) in line]
        # Of what is not there any more there is nothing to say.
        assert [bool(re.search(tampering.sweep, line)) for line in named] == (
            [True] if tampering.sweep else []
        )


def _report_notices(folder, victim, tampering):
    if tampering.run == '' and tampering.report:
        with pytest.raises(ResultsError, match=rf'plan\.json: {tampering.report}'):
            load_sweep(folder)
        return
    sweep = load_sweep(folder)
    lost = {run.folder: run for run in sweep.runs if not run.done}
    if tampering.report is None:
        assert lost == {} and lost_table(sweep) is None
        return
    run = lost[victim.name]
    assert run.status in ('unreadable', 'missing')
    assert re.search(tampering.report, run.problem)
    assert run.record is None
    assert any(run.problem == row[-1] for row in lost_table(sweep).rows)


def test_a_plan_that_is_removed_is_made_anew(folder):
    (folder / 'plan.json').unlink()
    state = whole_sweep.read_again(folder)
    assert [*doubts(state)] == [] and state.earlier_rows() == []
    assert all(map(state.is_finished, state.plan.runs))

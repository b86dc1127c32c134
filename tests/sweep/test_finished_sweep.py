"""What a finished sweep leaves, and what the methods owe each other."""

import hashlib
import json
import re

import pytest

from ukd_bench.records.plan_file import write_plan
from ukd_bench.results.claims import claims_path, load_claims

K = (1, 2)


@pytest.mark.parametrize('num_teachers', K)
def test_ukd_equals_naive(finished_sweep, num_teachers):
    ukd = finished_sweep.record('ukd', num_teachers)
    naive = finished_sweep.record('naive', num_teachers)
    for name in ('initial_state', 'targets', 'student_state'):
        assert ukd['hashes'][name] == naive['hashes'][name] is not None


def test_other_methods_and_other_k_differ(finished_sweep):
    students = [finished_sweep.record('plain'), *(finished_sweep.record('ukd', k) for k in K)]
    assert len({record['hashes']['student_state'] for record in students}) == len(students)
    assert len({record['hashes']['targets'] for record in students}) == len(students)
    assert len({record['hashes']['initial_state'] for record in students}) == 1


@pytest.mark.parametrize('num_teachers', K)
def test_teacher_forwards_happen_where_they_should(finished_sweep, num_teachers):
    naive = finished_sweep.record('naive', num_teachers)['counts']
    ukd = finished_sweep.record('ukd', num_teachers)['counts']
    # Batches are no larger than a micro-batch, so each is one forward a teacher.
    assert naive['teacher_forwards'] == num_teachers * naive['train_steps'] > 0
    assert ukd['teacher_forwards'] == 0
    assert ukd['train_steps'] == naive['train_steps']


def _train_peak(record: dict) -> int:
    return record['memory']['train']['allocated_peak_bytes']


@pytest.mark.parametrize('num_teachers', K)
def test_ukd_trains_with_the_memory_of_plain(finished_sweep, num_teachers):
    plain = finished_sweep.record('plain')
    assert _train_peak(finished_sweep.record('ukd', num_teachers)) <= 1.01 * _train_peak(plain)


def test_naive_adds_each_teachers_own_bytes(finished_sweep):
    peaks = [_train_peak(finished_sweep.record('plain'))]
    peaks += [_train_peak(finished_sweep.record('naive', k)) for k in K]
    teachers = finished_sweep.record('naive', K[-1])['teachers']
    assert len(teachers) == len(K)
    for step, teacher in enumerate(teachers):
        added = peaks[step + 1] - peaks[step]
        assert added == pytest.approx(teacher['state_bytes'], rel=0.05)


def test_bank_bytes_follow_the_formula(finished_sweep):
    bank = finished_sweep.record('bank', teacher='i3d-gamma1.8')
    views, samples, classes, header = 2, 22, 11, 128
    assert bank['knowledge']['bank_bytes'] == views * samples * classes * 4 + header


def test_records_name_no_place_on_this_machine(finished_sweep):
    paths = [*finished_sweep.results.glob('*/record.json'), finished_sweep.results / 'plan.json']
    assert len(paths) == 14
    for path in paths:
        text = path.read_text()
        assert str(finished_sweep.folder) not in text
        assert not re.search(r'"/(home|root|tmp|opt|usr|work)/', text)


def test_called_again_it_trains_nothing(finished_sweep, tmp_path):
    sweep = finished_sweep.copy_to(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in sweep.results.glob('*/record.json')}
    assert len(before) == 13
    again = sweep.call('--verify')
    assert again.returncode == 0, again.stderr
    assert '13 reused, 0 carried out, 0 without a result, 0 damaged' in again.stdout
    after = {path: path.stat().st_mtime_ns for path in sweep.results.glob('*/record.json')}
    assert after == before


def test_all_files_are_read_again_where_that_is_asked_for(finished_sweep, tmp_path, monkeypatch):
    from ukd_bench.sweep import run as sweep_run
    from ukd_bench.sweep.__main__ import main

    sweep = finished_sweep.copy_to(tmp_path)
    path = sweep.run_folder(sweep.record('plain')) / 'checkpoint.pth'
    carry_out = sweep_run.carry_out

    def damage(*arguments):
        outcome = carry_out(*arguments)
        path.write_bytes(b'x' + path.read_bytes()[1:])
        return outcome

    monkeypatch.chdir(sweep.folder)
    monkeypatch.setattr(sweep_run, 'carry_out', damage)
    printed = []
    monkeypatch.setattr('rich.console.Console.print', lambda self, *text, **_: printed.extend(text))
    assert main(['small.py', '--data-root', 'videos', '--verify']) == 1
    folder = path.parent.relative_to(sweep.folder)
    assert f'{folder}: is not as it was recorded; the same command makes it again' in printed
    assert '13 runs: 13 reused, 0 carried out, 0 without a result, 1 damaged' in printed


def test_dry_run_prints_the_keys_of_the_records(finished_sweep):
    lines = finished_sweep.call('--dry-run').stdout.splitlines()
    assert lines[0].split() == ['run', 'method', 'network', 'K', 'seed', 'state']
    fields = {line.split()[0]: line for line in lines[1:]}
    records = {record['key']: record for record in finished_sweep.records()}
    assert fields.keys() == records.keys()
    for key, record in records.items():
        name = record['teacher'] or record['student'] or '-'
        wanted = [record['method'], name, str(record['num_teachers'] or '-')]
        assert fields[key].split()[1:] == [*wanted, str(record['seed']), 'done']
        assert len(fields[key]) <= 80


def test_the_plan_shares_teachers_and_narrows(finished_sweep):
    lines = finished_sweep.call(
        '--dry-run', '--methods', 'ukd', '--teachers', '2', '--seeds', '0,1'
    ).stdout.splitlines()
    methods = [line.split()[1] for line in lines[1:]]
    assert sorted(methods) == ['bank', 'bank', 'teacher', 'teacher', 'ukd', 'ukd']


def test_a_narrower_sweep_loses_nothing(finished_sweep, tmp_path):
    sweep = finished_sweep.copy_to(tmp_path)
    pool = (sweep.results / 'pool.json').read_text()
    narrow = sweep.call('--methods', 'plain')
    assert narrow.returncode == 0, narrow.stdout + narrow.stderr
    assert '1 reused, 0 carried out' in narrow.stdout
    planned = {row['key'] for row in json.loads((sweep.results / 'plan.json').read_text())['runs']}
    assert planned == {record['key'] for record in finished_sweep.records()}
    assert (sweep.results / 'pool.json').read_text() == pool


def test_results_of_another_config_leave_the_plan(finished_sweep, tmp_path):
    sweep = finished_sweep.copy_to(tmp_path)
    text = (sweep.folder / 'small.py').read_text()
    (sweep.folder / 'small.py').write_text(text + 'teacher_view_seed = 7\n')
    changed = sweep.call('--methods', 'label_smoothing')
    assert changed.returncode == 0, changed.stdout + changed.stderr
    planned = {
        row['method'] for row in json.loads((sweep.results / 'plan.json').read_text())['runs']
    }
    # What was distilled from the teachers of the other config is no part of this sweep.
    assert planned == {
        'plain',
        'label_smoothing',
        'two_stream_dark_light',
        'two_stream_rgb_flow',
    }


def test_another_split_joins_the_plan(finished_sweep, tmp_path):
    sweep = finished_sweep.copy_to(tmp_path)
    other = sweep.call('--methods', 'plain', '--split', '2', report=True)
    assert other.returncode == 0, other.stdout + other.stderr
    assert '1 runs: 0 reused, 1 carried out' in other.stdout
    rows = json.loads((sweep.results / 'plan.json').read_text())['runs']
    assert sorted(row['split'] for row in rows if row['method'] == 'plain') == [1, 2]
    assert len(rows) == 14
    assert 'Plain, split 2' in (sweep.report / 'report.md').read_text()


def test_rules_edited_after_the_results_are_flagged(finished_sweep, tmp_path):
    sweep = finished_sweep.copy_to(tmp_path)
    plan = json.loads((sweep.results / 'plan.json').read_text())
    write_plan(sweep.results / 'plan.json', plan | dict(claims_sha256='0' * 64))
    again = sweep.call('--methods', 'plain', report=True)
    assert 'claims file has changed since this sweep was planned' in ' '.join(again.stdout.split())
    assert json.loads((sweep.results / 'plan.json').read_text())['claims_sha256'] == '0' * 64


def test_an_edited_record_is_told_and_its_run_is_planned_again(finished_sweep, tmp_path, rewrite):
    sweep = finished_sweep.copy_to(tmp_path)
    record = sweep.record('plain')
    path = sweep.run_folder(record) / 'record.json'
    rewrite(path, 0.99, 'metrics', 'top1')
    dry = sweep.call('--dry-run')
    assert dry.returncode == 0
    states = {line.split()[0]: line.split()[-1] for line in dry.stdout.splitlines()[1:]}
    assert [key for key, state in states.items() if state != 'done'] == [record['key']]
    told = 'edited or damaged, its digest is not that of its content; the run is not finished'
    assert dry.stderr == f'warning: {path.relative_to(tmp_path)}: {told}\n'
    again = sweep.call()
    assert again.returncode == 0, again.stdout + again.stderr
    assert f'warning: {path.relative_to(tmp_path)}: {told}' in again.stdout
    assert '12 reused, 1 carried out' in again.stdout
    assert sweep.record('plain')['metrics'] == record['metrics']


def test_an_edited_plan_is_refused(finished_sweep, tmp_path, rewrite):
    sweep = finished_sweep.copy_to(tmp_path)
    rewrite(sweep.results / 'plan.json', '0' * 64, 'claims_sha256')
    refused = sweep.call('--methods', 'plain')
    assert refused.returncode == 2
    assert 'plan.json: edited or damaged' in refused.stderr
    assert 'finished runs stay' in refused.stderr and 'Traceback' not in refused.stderr


def test_a_claims_file_of_ones_own_is_kept_with_the_plan(finished_sweep, tmp_path):
    sweep = finished_sweep.copy_to(tmp_path)
    assert (sweep.results / 'claims.toml').read_bytes() == claims_path().read_bytes()
    mine = claims_path().read_text().replace('id = "C2"', 'id = "MINE"')
    (tmp_path / 'mine.toml').write_text(mine)
    with (tmp_path / 'small.py').open('a') as config:
        config.write("claims = 'mine.toml'\n")
    late = sweep.call('--methods', 'plain', report=True)
    assert late.returncode == 0, late.stderr
    assert '0 carried out' in late.stdout and 'MINE ' in late.stdout
    # Rules that came after the results.
    assert 'claims file has changed' in ' '.join(late.stdout.split())
    assert (sweep.results / 'claims.toml').read_text() == mine
    planned = json.loads((sweep.results / 'plan.json').read_text())['claims_sha256']
    assert planned == load_claims().sha256


def test_other_test_clips_undo_results(finished_sweep, tmp_path):
    sweep = finished_sweep.copy_to(tmp_path)
    listed = sweep.folder / 'videos' / 'list_cvt' / 'ARID_split1_test.txt'
    listed.write_text(''.join(listed.read_text().splitlines(keepends=True)[:-1]))
    lines = sweep.call('--dry-run').stdout.splitlines()
    statuses = [line.split()[-1] for line in lines[1:]]
    # Banks have nothing to do with test clips.
    assert sorted(set(statuses)) == ['done', 'pending']
    assert statuses.count('done') == 2


def test_report_stands_alone(finished_sweep):
    page = (finished_sweep.report / 'index.html').read_text()
    assert (finished_sweep.report / 'report.md').is_file()
    links = re.findall(r'(?:src|href)="(?!#|data:)(?!https?://arxiv|https?://doi)([^"]+)"', page)
    # Each run leads to its record and to its log; tables and figures to files beside the page.
    assert sum('results/' in link for link in links) == 2 * len(finished_sweep.records())
    assert all((finished_sweep.report / link).is_file() for link in links)
    assert str(finished_sweep.folder) not in page


def test_a_teacher_that_changed_is_noticed_and_made_again(finished_sweep, tmp_path):
    import torch

    from ..warm import run_module

    sweep = finished_sweep.copy_to(tmp_path)
    teacher = sweep.record('teacher', teacher='i3d-gamma1.8')
    ukd, naive = sweep.record('ukd', 1), sweep.record('naive', 1)
    _repoint(sweep, finished_sweep)
    path = sweep.run_folder(teacher) / 'checkpoint.pth'
    checkpoint = torch.load(path, weights_only=True)
    weight = next(v for v in checkpoint['state_dict'].values() if v.is_floating_point())
    weight.view(-1)[0] += 0.5
    torch.save(checkpoint, path)

    # With their records they would be left as they are.
    (sweep.run_folder(naive) / 'record.json').unlink()
    kept = (sweep.run_folder(ukd) / 'record.json').rename(tmp_path / 'kept.json')
    refused = run_module('ukd_bench.runs', sweep.run_folder(ukd), cwd=tmp_path)
    assert refused.returncode == 2
    assert re.search(r'bank .* does not fit, it differs in checkpoint', refused.stderr)
    assert 'Traceback' not in refused.stderr
    kept.rename(sweep.run_folder(ukd) / 'record.json')
    changed = run_module('ukd_bench.runs', sweep.run_folder(naive), cwd=tmp_path)
    assert changed.returncode == 0, changed.stderr
    assert sweep.record('naive', 1)['hashes']['targets'] != naive['hashes']['targets']

    mended = sweep.call()
    assert mended.returncode == 0, mended.stdout + mended.stderr
    # The teacher, which lost its weights, and the student that was trained on other ones.
    assert '11 reused, 2 carried out' in mended.stdout
    assert sweep.record('teacher', teacher='i3d-gamma1.8')['hashes'] == teacher['hashes']
    assert sweep.record('naive', 1)['hashes'] == naive['hashes']


def _repoint(sweep, original) -> None:
    """Lets the copied runs' configs name the copy's files."""
    for config in sweep.results.glob('*/config.py'):
        config.write_text(config.read_text().replace(str(original.folder), str(sweep.folder)))


def test_scores_give_the_recorded_accuracy(finished_sweep):
    import numpy as np

    record = finished_sweep.record('plain')
    with np.load(finished_sweep.run_folder(record) / 'scores.npz') as arrays:
        right = arrays['scores'].argmax(axis=1) == arrays['labels']
        assert arrays['scores'].sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert right.mean() == pytest.approx(record['metrics']['top1'])


def test_checkpoint_hash_is_the_files(finished_sweep):
    record = finished_sweep.record('plain')
    content = (finished_sweep.run_folder(record) / 'checkpoint.pth').read_bytes()
    assert record['hashes']['checkpoint'] == hashlib.sha256(content).hexdigest()


def test_pool_names_existing_files(finished_sweep):
    pool = json.loads((finished_sweep.results / 'pool.json').read_text())['teachers']
    assert [teacher['name'] for teacher in pool] == ['i3d-gamma1.8', 'slowonly-gamma2.5']
    for teacher in pool:
        for part in ('config', 'checkpoint', 'bank'):
            assert (finished_sweep.results / teacher[part]).exists()

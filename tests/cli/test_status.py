"""``ukd-bench status``: what it prints, how it watches, and its exit statuses."""

import json
import os
import subprocess
import sys

import pytest

from tests.results.made_up import POOL, STUDENT, MadeUpSweep
from ukd_bench.cli import status as module
from ukd_bench.cli.main import main
from ukd_bench.files.atomic import write_json
from ukd_bench.records.process import this_process

STARTED = '2026-01-02T03:04:05+00:00'
PLAIN = f'plain-{STUDENT}-0'
LONG = 'x' * 200


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working folder; in results/made-up a sweep is under way, and one run has failed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('COLUMNS', '80')
    made = MadeUpSweep()
    made.states |= {
        f'bank-{POOL[0]}': dict(status='failed', error=dict(type='E', message=LONG)),
        PLAIN: dict(
            status='running', **this_process(), started=STARTED, epoch=3, epochs=40, loss=1.25,
            memory=dict(train=dict(allocated_peak_bytes=3 * 2**20)),
        ),
    }  # fmt: skip
    for seed in range(3):
        for k in (1, 2, 4):
            made.states[f'ukd{k}-{STUDENT}-{seed}'] = dict(status='pending')
    root = made.write(tmp_path / 'results' / 'made-up')
    write_json(root / 'state.json', dict(this_process(), jobs=2, started=STARTED, finished=None))
    os.utime(root / 'state.json', (0, 0))
    return tmp_path


def said(capsys, *arguments: str) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = main(['status', *arguments])
    return code, capsys.readouterr().out.splitlines()


def test_all_that_it_tells_within_80_columns(here, capsys):
    code, lines = said(capsys)
    assert code == 1
    assert [line for line in lines if len(line) > 80] == []
    text = ' '.join(' '.join(lines).split())
    assert text.startswith('results/made-up: running for ')
    assert f', 2 at once, process {os.getpid()} on ' in text
    assert 'have a result pending 9 running 1 done 28 failed 1 oom 0 diverged 0' in text
    assert f'running plain {STUDENT} seed=0 epoch 3 of 40 loss 1.25 ' in text
    assert ' 3.0 MiB last errors failed bank r2plus1d-gamma1.8 seed=0 E: xxx' in text
    assert (
        'waiting for a run without a result 9 runs for bank r2plus1d-gamma1.8 seed=0, failed '
        f'ukd K=1 {STUDENT} seed=0 ukd K=2 {STUDENT} seed=0 ukd K=4 {STUDENT} seed=0 '
    ) in text
    assert 'and 6 more time left about 0.0 s, 2 at once (1 run: 1 by runs of their kind' in text


def test_for_programs(here, capsys):
    code, lines = said(capsys, 'results/made-up', '--json')
    told = json.loads('\n'.join(lines))
    assert code == 1 and told['sweep'] == 'made-up' and told['folder'] == 'results/made-up'
    assert (told['state'], told['jobs'], told['pid']) == ('running', 2, os.getpid())
    assert told['running'] == [PLAIN] and told['errors'] == [f'bank-{POOL[0]}']
    assert len(told['waiting']) == told['counts']['pending'] == 9
    runs = {run['key']: run for run in told['runs']}
    assert len(runs) == len(told['runs']) == sum(told['counts'].values())
    assert runs[PLAIN]['epoch'] == 3 and runs[PLAIN]['peak_bytes'] == 3 * 2**20
    assert runs[told['waiting'][0]]['waits_on'] == [f'bank-{POOL[0]}']
    assert told['left'] == dict(seconds=0.0, by_kind=1, by_work=0, unknown=0)


def test_watching_ends_with_the_sweep(here, capsys, monkeypatch):
    pauses = []

    def end(seconds):
        pauses.append(seconds)
        write_json(
            here / 'results' / 'made-up' / f'{PLAIN}-cafe' / 'state.json', dict(status='failed')
        )
        write_json(here / 'results' / 'made-up' / 'state.json', dict(finished=STARTED))

    monkeypatch.setattr(module.time, 'sleep', end)
    code, lines = said(capsys, '--watch', '7')
    assert code == 1 and pauses == [7.0]
    heads = [line for line in lines if line.startswith('results/made-up: ')]
    assert [head.split()[1].strip(';,') for head in heads] == ['running', 'stopped']


def test_an_interrupt_ends_watching_quietly(here, capsys, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(module.time, 'sleep', interrupt)
    assert main(['status', '--watch']) == 0
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize(
    ('arguments', 'complaint'),
    [
        (['none'], 'error: none: no such results folder'),
        (['.'], 'error: .: holds no plan.json, so it is not the folder of a sweep'),
        (['--json', '--watch'], 'error: argument --watch: not allowed with argument --json'),
        (['--watch', '0'], "error: argument --watch: '0' is not a positive number of seconds"),
    ],
)
def test_mistakes_are_one_line_each(here, arguments, complaint, capsys):
    try:
        code = main(['status', *arguments])
    except SystemExit as end:
        code = end.code
    printed = capsys.readouterr()
    assert code == 2 and printed.out == ''
    assert printed.err.startswith(complaint) and printed.err.count('\n') == 1


def test_without_any_sweep(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['status']) == 2
    assert capsys.readouterr().err == 'error: results: holds no sweep; name the folder of one\n'


def test_it_starts_without_what_takes_long(here):
    heavy = "'torch', 'mmengine', 'pandas', 'matplotlib', 'scipy', 'cv2'"
    code = (
        'import sys; from ukd_bench.cli.main import main; main(["status"]); '
        f'sys.exit([name for name in ({heavy}) if name in sys.modules] or 0)'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

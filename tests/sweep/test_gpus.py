"""Sweeps on GPUs, with names in the place of GPUs and small scripts in that of runs."""

import sys
from pathlib import Path

import pytest

from ukd_bench.sweep import preflight, schedule
from ukd_bench.sweep.__main__ import main

from .left_runs import finish, state_of
from .planned import planned

EIGHT = ['Made-up GPU'] * 8

# Leaves what GPU it sees, stays until eight do, and has no result.
SEES = """
import os, pathlib, sys, time
here = pathlib.Path(sys.argv[1])
(here / 'sees.part').write_text(os.environ['CUDA_VISIBLE_DEVICES'])
os.rename(here / 'sees.part', here / 'sees')
for _ in range(1200):
    if len([*here.parent.glob('*/sees')]) >= 8:
        sys.exit(1)
    time.sleep(0.05)
sys.exit('fewer than eight run at once')
"""


@pytest.fixture
def inside(empty_sweep, monkeypatch):
    """The small sweep's folder as the working directory."""
    monkeypatch.chdir(empty_sweep.folder)
    return empty_sweep.folder


@pytest.fixture
def gpus(monkeypatch):
    """Has torch find GPUs of these names."""
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)

    def there_are(*names: str) -> None:
        monkeypatch.setattr(preflight, 'ask', lambda questions: {'cuda_devices': [*names]})

    return there_are


def call(*arguments: str) -> int:
    return main(['small.py', '--data-root', 'videos', '--methods', 'plain', *arguments])


def refuse(capsys, *arguments: str) -> str:
    capsys.readouterr()
    assert call(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_eight_jobs_on_cuda_have_eight_gpus_and_the_ninth_run_one_of_them(
    inside, gpus, monkeypatch, capsys
):
    gpus(*EIGHT)
    seeds = ','.join(map(str, range(9)))

    def in_place_of_a_run(module: str, folder: str) -> list[str]:
        assert module == 'runs'
        return [sys.executable, '-c', SEES, folder]

    monkeypatch.setattr(schedule, 'module_command', in_place_of_a_run)
    status = call('--jobs', '8', '--device', 'cuda', '--seeds', seeds, '--cache-gib', '0')
    assert status == 1 and '9 without a result' in capsys.readouterr().out
    runs = [path.parent for path in Path('results/small').glob('*/sees')]
    assert len(runs) == 9
    assert all((run / 'log.txt').read_text() == '' for run in runs)
    in_order = sorted(runs, key=lambda run: (run / 'sees').stat().st_mtime_ns)
    seen = [(run / 'sees').read_text() for run in in_order]
    assert sorted(seen[:8]) == list('01234567') and seen[8] in seen[:8]


def test_eight_jobs_share_four_gpus_and_are_told(inside, gpus, monkeypatch, capsys):
    gpus(*EIGHT[:4])
    told = SEES.replace("'CUDA_VISIBLE_DEVICES']", "'CUDA_VISIBLE_DEVICES'] + told")
    told = told.replace('here =', "told = ' ' + os.environ['UKD_BENCH_RUNS_PER_GPU']\nhere =")
    monkeypatch.setattr(
        schedule, 'module_command', lambda _, folder: [sys.executable, '-c', told, folder]
    )
    options = ('--jobs', '8', '--device', 'cuda', '--seeds', '0,1,2,3,4,5,6,7', '--cache-gib', '0')
    assert '--runs-per-gpu 2 lets so many share them' in refuse(capsys, *options)
    # At most two of eight are on one of four.
    assert call(*options, '--runs-per-gpu', '3') == 1
    seen = [path.read_text() for path in Path('results/small').glob('*/sees')]
    assert sorted(seen) == [f'{gpu} 2' for gpu in '00112233']


@pytest.mark.parametrize(
    ('options', 'line'),
    [
        (
            ('cuda', '--jobs', '9'),
            '--jobs 9: every run has a GPU of its own, and --device cuda ',
        ),
        (('cuda:3', '--jobs', '2'), '--jobs 2: every run has a GPU of its own, and --device cuda:'),
        (('cuda', '--runs-per-gpu', '0'), '--runs-per-gpu 0 is not positive'),
        (('cpu', '--runs-per-gpu', '2'), '--runs-per-gpu 2: --device cpu has no GPU to share'),
        (
            ('cuda', '--runs-per-gpu', '2', '--executor', 'inline'),
            '--runs-per-gpu 2: the executor inline has no runs share a GPU',
        ),
        (('cuda:8',), 'device cuda:8: torch finds cuda:0 (Made-up GPU), cuda:1 (Made-up GPU), '),
    ],
)
def test_gpus_that_are_not_there_are_refused(inside, gpus, capsys, options, line):
    gpus(*EIGHT)
    assert refuse(capsys, '--device', *options).startswith(f'error: {line}')
    assert not (inside / 'results').exists()


def test_a_machine_without_a_gpu_prints_the_plan(inside, gpus, capsys):
    gpus(*EIGHT)
    assert call('--device', 'cuda', '--dry-run') == 0
    there = capsys.readouterr()
    gpus()
    assert call('--device', 'cuda', '--dry-run') == 0
    here = capsys.readouterr()
    assert there.err == '' and here.out == there.out and here.out.endswith(' pending\n')
    assert here.err == (
        'device cuda: torch finds no CUDA device on this machine: which runs are finished on it '
        'is unknown\n'
    )
    assert refuse(capsys, '--device', 'cuda').startswith('error: device cuda: torch finds no')


def test_what_is_finished_on_a_device_that_is_not_here_is_unknown(tmp_path):
    plan = planned(methods=('plain',), seeds=(0, 1, 2), execution='cafe', device='cuda')
    there = state_of(tmp_path, plan)
    on_gpu, on_cpu, _ = plan.runs.values()
    for run, kind in ((on_gpu, 'cuda'), (on_cpu, 'cpu')):
        finish(there, run, run.spec.key, environment=dict(device=dict(kind=kind, name='Made-up')))
    here = planned(methods=('plain',), seeds=(0, 1, 2), execution='unknown', device='cuda')
    assert list(here.runs) == list(plan.runs)
    state = state_of(tmp_path, here)
    assert [state.status(run) for run in here.runs.values()] == ['unknown', 'pending', 'pending']
    # Whose results are welcome from anywhere knows which are there.
    state = state_of(tmp_path, here, accept_stale=True)
    assert [state.status(run) for run in here.runs.values()] == ['done', 'done', 'pending']

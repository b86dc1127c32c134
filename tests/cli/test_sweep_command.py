"""``ukd-bench sweep``: which config it takes, and the plan that it prints."""

import pytest

from ukd_bench.cli.main import main
from ukd_bench.files.configs import configs_root, find_config_by_name, shipped_configs


def plan(capsys, *arguments: str) -> list[list[str]]:
    capsys.readouterr()
    assert main(['sweep', *arguments, '--dry-run']) == 0
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if len(line) > 80] == []
    return [line.split() for line in printed.splitlines()]


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty folder, to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_quick_sweep_by_name_by_path_and_by_default(empty, capsys):
    named = plan(capsys, 'quick')
    assert plan(capsys) == named == plan(capsys, str(configs_root() / 'sweeps' / 'quick.py'))
    assert named[0] == ['run', 'method', 'network', 'K', 'seed', 'state']
    regimes = [' '.join(row[1:]) for row in named if row[:1] == ['regime']]
    assert regimes == ['pretrained', 'noisy-labels']
    rows = [row for row in named[1:] if len(row) == 6]
    assert {row[1] for row in rows} >= {'plain', 'ukd', 'teacher', 'bank', 'ensemble'}
    # A run without teachers has no K.
    assert {row[3] for row in rows if row[1] in ('plain', 'teacher', 'bank')} == {'-'}
    assert {row[3] for row in rows if row[1] == 'ukd'} == {'1', '2', '4'}
    assert {row[-1] for row in rows} == {'pending'}


def test_every_shipped_sweep_is_found_by_name():
    assert set(shipped_configs('sweeps')) >= {'quick', 'arid_v1', 'arid_v15'}
    for name, path in shipped_configs('sweeps').items():
        assert (
            find_config_by_name(name, 'sweeps') == path == configs_root() / 'sweeps' / f'{name}.py'
        )


def test_a_shipped_sweep_of_real_videos_says_which_are_absent(empty, capsys):
    assert main(['sweep', 'arid_v1', '--dry-run']) == 2
    assert capsys.readouterr().err.startswith('error: data root data/arid-v1 does not exist')


def test_a_file_wins_over_a_shipped_name(empty, capsys):
    text = (configs_root() / 'sweeps' / 'quick.py').read_text()
    (empty / 'quick').mkdir()
    methods = {row[1] for row in plan(capsys, 'quick') if len(row) == 6}
    assert methods >= {'naive'}, 'a folder is no config'
    (empty / 'quick').rmdir()
    (empty / 'quick').write_text(text)
    capsys.readouterr()
    assert main(['sweep', 'quick', '--dry-run']) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith('error: sweep config quick cannot be read (')


def test_what_is_neither_is_refused_with_the_names(empty, capsys):
    assert main(['sweep', 'qiuck']) == 2
    complaint = capsys.readouterr().err
    names = ', '.join(sorted(shipped_configs('sweeps')))
    assert complaint == f'error: sweep config qiuck does not exist; shipped by name are {names}\n'
    assert not list(empty.iterdir())


@pytest.mark.parametrize(
    ('option', 'value', 'complaint'),
    [
        ('--teachers', '0', "'0' is not a list like 1,2,4 of numbers of at least 1"),
        ('--seeds', 'a', "'a' is not a list like 1,2,4 of numbers of at least 0"),
        ('--methods', 'ukd,', "'ukd,' is not a list like a,b"),
        ('--cache-gib', '-1', "'-1' is not a number of GiB"),
        ('--memory-limit', '24', "'24' has no unit: 24GiB is"),
        ('--edition', 'v2', "invalid choice: 'v2'"),
    ],
)
def test_values_that_cannot_be_used(option, value, complaint, capsys):
    with pytest.raises(SystemExit) as end:
        main(['sweep', option, value])
    assert end.value.code == 2
    line = capsys.readouterr().err
    assert line.startswith(f'error: argument {option}: {complaint}') and line.count('\n') == 1


def test_a_limit_without_an_estimate_is_refused(empty, capsys):
    assert main(['sweep', '--dry-run', '--memory-limit', '24GiB']) == 2
    assert capsys.readouterr().err == 'error: --memory-limit needs --estimate\n'


@pytest.fixture
def predicted(monkeypatch):
    """Has a stand-in predict peaks: 9 GiB for naive distillation, and 1 GiB for all others."""

    def ask(questions):
        def phases(run):
            size = (9 if run['method'] == 'naive' else 1) * 2**30
            figures = ('allocated_peak_bytes', 'reserved_peak_bytes', 'workspace_bound_bytes')
            return dict(train=dict(zip(figures, (size, size, 0), strict=True)))

        answers = [
            dict(phases=phases(one), state_bytes=2**20, error=None) for one in asked(questions)
        ]
        return {'peaks': answers}

    def asked(questions):
        assert [*questions] == ['peaks']
        return questions['peaks']

    monkeypatch.setattr('ukd_bench.sweep.estimate.peaks.ask', ask)


CALL = ('sweep', '--methods', 'plain,naive', '--regimes', 'pretrained', '--estimate')


def test_an_estimate_beside_the_plan(empty, predicted, monkeypatch, capsys):
    monkeypatch.setattr('ukd_bench.sweep.preflight.ask', lambda questions: {'cuda_devices': []})
    call = (*CALL, '--dry-run', '--device', 'cuda', '--memory-limit', '4GiB')
    assert main([*call]) == 0
    printed = capsys.readouterr()
    plan, estimate = printed.out.split('\n\nruns  each')
    assert len(plan.splitlines()) == 16 and 'naive K=4 i3d-r18-w8' in estimate
    assert max(map(len, printed.out.splitlines())) <= 80
    warnings = [line for line in printed.err.splitlines() if line.startswith('warning: ')]
    assert [line.split(' cannot fit')[0] for line in warnings] == [
        f'warning: naive K={k} i3d-r18-w8' for k in (1, 2, 4)
    ]
    assert all('9.0 GiB' in line and '4.0 GiB of --memory-limit' in line for line in warnings)
    assert not list(empty.iterdir()), 'nothing is made'


def test_nothing_is_started_where_a_run_cannot_fit(empty, predicted, monkeypatch, capsys):
    assert main([*CALL, '--memory-limit', '4GiB']) == 2
    said, *warnings, line = capsys.readouterr().err.splitlines()
    assert (
        said.startswith('predicting peaks: ')
        and len(warnings) == 3
        and all('naive' in warning for warning in warnings)
    )
    assert line.startswith('error: nothing is started, because not all runs can fit; ')
    assert not list(empty.iterdir())

    started = []
    monkeypatch.setattr('ukd_bench.sweep.run.SweepRun.at_work', lambda sweep: started.append(sweep))
    with pytest.raises(TypeError):
        main([*CALL, '--memory-limit', '40GiB'])
    assert started, 'where all fit it goes on'

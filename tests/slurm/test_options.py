"""What a sweep asks of Slurm, checked without one."""

import subprocess
import sys
from dataclasses import replace

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.sweep.executors import SlurmOptions, build_executor
from ukd_bench.sweep.executors.slurm import commands
from ukd_bench.sweep.executors.slurm.commands import ClusterDownError, RefusedError, complaint
from ukd_bench.sweep.executors.slurm.ends import end_of
from ukd_bench.sweep.read_axes import read_axes

from ..pages import rows_of
from ..sweep.conftest import SWEEP
from ..sweep.executors.made_up_jobs import cuda, resources


def test_the_page_has_every_option_and_its_default():
    told = {}
    for names, (default, _) in rows_of('cluster.md', 'Options').items():
        told |= {name.strip(' `'): default.strip('`') for name in names.split(',')}
    defaults = {name: repr(value) for name, value in vars(SlurmOptions()).items()}
    assert told.pop('time') == '' and defaults.pop('time') == 'None'
    assert told == {name: value.replace('{}', 'dict()') for name, value in defaults.items()}


def test_jobs_of_ones_own_with_odd_comments_are_passed_over(monkeypatch):
    said = '17|RUNNING|None|ukd-bench:ab\n18|PENDING|Priority|two\nlines | of mine\n\n'
    monkeypatch.setattr(commands, 'ask', lambda *words: said)
    found = commands.jobs_by_comment()
    assert found['ukd-bench:ab'] == commands.Listed('17', 'RUNNING', 'None')


def test_what_is_no_text_ends_nothing():
    assert commands.ask('printf', r'a\377b') == 'a\ufffdb'


@pytest.mark.parametrize(
    ('time', 'minutes'),
    [
        (90, 90), ('90', 90), ('90:00', 90), ('0:01', 1), ('1:30', 2), ('4:00:00', 240),
        ('0:00:59', 1), ('1-12', 2160), ('1-12:30', 2190), ('2-0:0:1', 2881),
    ],
)  # fmt: skip
def test_time_limits_are_those_of_sbatch(time, minutes):
    assert SlurmOptions(time=time).minutes == minutes


@pytest.mark.parametrize(
    ('given', 'why'),
    [
        ("time='soon'", "slurm: time = 'soon' is no time limit, as 90 (minutes), 4:00:00 or"),
        ("time='0:00:00'", "slurm: time = '0:00:00' is no time limit at all"),
        ('time=1', 'slurm: a run is told warning_s = 90 s before its time limit to end, and time'),
        ('times=1', "{path}: slurm: key 'times' does not exist; did you mean 'time'"),
        ('time=True', '{path}: slurm: time is True, not of type str or int'),
        ("mem='1G\\n#SBATCH --uid=0'", 'slurm: mem ='),
        ("setup=['']", "slurm: setup = '' is no text of one line"),
        ('cpus=0', 'slurm: cpus = 0 is less than 1'),
        ('poll_s=0.0', 'slurm: poll_s = 0.0 is less than 0.1'),
        ("extra={'a b': 1}", "slurm: extra = {'a b': 1} is no option of sbatch by its long name"),
        ("extra={'a': [1]}", "slurm: extra = {'a': [1]} is no option of sbatch by its long name"),
    ],
)
def test_what_a_config_cannot_ask_for_is_refused(given, why, tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text(f'{SWEEP}\nslurm = dict({given})\n')
    with pytest.raises(ConfigError) as refused:
        read_axes(path)
    line = str(refused.value)
    assert line.startswith(why.replace('{path}', str(path))) and '\n' not in line


def test_the_command_line_counts_more(tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text(f"{SWEEP}\nslurm = dict(time='4:00:00', qos='low', setup=['a'])\n")
    options = read_axes(path).slurm
    assert options.given() == dict(time='4:00:00', qos='low', setup=('a',))
    words = ['time=90', 'cpus=3', 'poll_s=0.5', 'setup=b = c', 'setup=d', 'gpus=a100:2', 'qos=high']
    wanted = dict(time='90', qos='high', cpus=3, gpus='a100:2', setup=('b = c', 'd'), poll_s=0.5)
    assert options.overlaid(words).given() == wanted
    assert options.overlaid([]) == options


@pytest.mark.parametrize(
    ('word', 'why'),
    [
        ('partitoin=gpu', "--slurm 'partitoin=gpu': is no key=value with one of time, partition,"),
        ('partition', "--slurm 'partition': is no key=value with one of time, partition, "),
        ('extra=x', "--slurm 'extra=x': is no key=value with one of time, partition, "),
        ('cpus=two', "--slurm cpus='two': is no number"),
        ('cpus=0', '--slurm: cpus = 0 is less than 1'),
    ],
)
def test_what_the_command_line_cannot_ask_for_is_refused(word, why):
    with pytest.raises(ConfigError) as refused:
        SlurmOptions().overlaid([word])
    assert str(refused.value).startswith(why)


def test_what_sbatch_is_asked_for():
    plain = SlurmOptions(time=60, mem='8G', extra=dict(nice=3), reservation='mine')
    asked = plain.asked('cpu', 4)
    assert asked['cpus_per_task'] == 4 and asked['srun_args'] == ['--cpus-per-task=4']
    assert asked['time'] == 60 and asked['mem'] == '8G' and 'gpus_per_node' not in asked
    assert asked['additional_parameters'] == dict(nice=3, reservation='mine')
    assert plain.asked('cuda', 1)['gpus_per_node'] == 1
    assert replace(plain, gpus='a100:2').asked('cuda', 1)['gpus_per_node'] == 'a100:2'
    assert 'gpus_per_node' not in replace(plain, gres='gpu:1').asked('cuda', 1)
    for gpus, several in ((None, 4), (1, 4), ('a100:1', 'a100:4')):
        four = replace(plain, gpus=gpus).asked('cuda', 2, processes=4)
        assert four['gpus_per_node'] == several and four['cpus_per_task'] == 8
    with pytest.raises(ConfigError, match=r'^slurm: gpus = 2 needs --device cuda$'):
        replace(plain, gpus=2).asked('cpu', 1)


def test_a_plan_imports_nothing_of_submitit():
    code = 'import sys, ukd_bench.sweep.run; sys.exit("submitit" in sys.modules)'
    assert subprocess.run([sys.executable, '-c', code], check=False).returncode == 0


def test_what_is_absent_is_told_in_one_line(monkeypatch):
    given = replace(resources(cuda('GPU')), options=dict(slurm=SlurmOptions(time=60)))
    monkeypatch.setenv('PATH', '')
    with pytest.raises(ConfigError, match=r'^sbatch is not found: the executor slurm needs Slurm$'):
        build_executor('slurm', given)
    monkeypatch.setitem(sys.modules, 'submitit', None)
    with pytest.raises(ConfigError, match=r'^the executor slurm needs submitit: python -m pip'):
        build_executor('slurm', given)
    with pytest.raises(ConfigError, match=r'^the executor slurm wants a time limit for each run:'):
        build_executor('slurm', resources())


@pytest.mark.parametrize(
    ('facts', 'words', 'again'),
    [
        (None, 'Slurm no longer knows its job 7', True),
        (
            dict(JobState='TIMEOUT', Reason='TimeLimit', TimeLimit='00:01:00'),
            'Slurm job 7 ended as TIMEOUT: it was over its time limit of 00:01:00',
            True,
        ),
        (
            dict(JobState='NODE_FAIL', NodeList='n3'),
            'Slurm job 7 ended as NODE_FAIL: its node n3 failed',
            True,
        ),
        (
            dict(JobState='PREEMPTED'),
            'Slurm job 7 ended as PREEMPTED: its node was wanted for another job',
            True,
        ),
        (
            dict(JobState='OUT_OF_MEMORY', ExitCode='0:125'),
            'Slurm job 7 ended as OUT_OF_MEMORY: it took more memory than it had asked for',
            False,
        ),
        (dict(JobState='CANCELLED'), 'Slurm job 7 ended as CANCELLED: it was cancelled', False),
        (
            dict(JobState='FAILED', Reason='NonZeroExitCode', ExitCode='2:0'),
            'Slurm job 7 ended as FAILED: exit status 2',
            False,
        ),
    ],
)
def test_ends_are_told_in_words(facts, words, again):
    end = end_of('7', facts)
    assert (end.words, end.again) == (words, again)


def test_what_has_not_ended_is_under_way():
    for state in ('PENDING', 'RUNNING', 'COMPLETING', 'SUSPENDED'):
        assert end_of('7', dict(JobState=state, Reason='BeginTime')) is None


@pytest.mark.parametrize(
    ('said', 'line', 'kind'),
    [
        (
            'sbatch: error: Batch job submission failed: Unable to contact slurm controller '
            '(connect failure)',
            'sbatch: Batch job submission failed: Unable to contact slurm controller (connect '
            'failure)',
            ClusterDownError,
        ),
        (
            'sbatch: warning: old\nsbatch: error: one\nsbatch: error: two\n',
            'sbatch: one; two',
            RefusedError,
        ),
        ('', 'sbatch: it said nothing', RefusedError),
        (
            'sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job '
            "submit limit, user's size and/or time limits)",
            'sbatch: Batch job submission failed: Job violates accounting/QOS policy (job submit '
            "limit, user's size and/or time limits); with --jobs N there are N at once",
            RefusedError,
        ),
        (
            'sbatch: error: Batch job submission failed: Protocol authentication error',
            'sbatch: Batch job submission failed: Protocol authentication error',
            ClusterDownError,
        ),
    ],
)
def test_complaints_are_one_line(said, line, kind):
    error = complaint('sbatch', said)
    assert str(error) == line and type(error) is kind

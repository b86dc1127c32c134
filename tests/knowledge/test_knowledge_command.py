import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest
import torch

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import PACKAGE
from ukd_bench.knowledge.bank.fill_all import helpers
from ukd_bench.knowledge.bank.format import Bank, BankPaths
from ukd_bench.knowledge.bank.writer import BankWriter
from ukd_bench.knowledge.pool import read_pool

from .made_up_banks import job_of


@pytest.fixture
def dark(own_pool):
    return read_pool(own_pool)[0]


def one_line(answer, *words):
    status, printed, complaint = answer
    assert (status, printed) == (2, '')
    assert complaint.startswith('error: ') and complaint.count('\n') == 1
    for word in words:
        assert word in complaint


def test_what_is_there_is_said_and_what_lacks_is_filled(command, student_config, dark):
    config = student_config()
    status, printed, _ = command('fill', config)
    bright = dark.bank.with_name('bright-bank')
    assert status == 0
    assert printed.splitlines() == [
        f'{dark.bank}: holds 2 views already',
        f'{bright}: holds 2 views already',
    ]
    Bank(dark.bank).paths.manifest.unlink()
    status, printed, _ = command('fill', config, '--num-views', 1)
    assert status == 0
    assert printed.splitlines() == [
        f'{bright}: holds 1 views already',
        'dark: view 1 of 1',
        f'{dark.bank}: filled',
    ]
    assert Bank(dark.bank).num_views == 1


def test_any_hook_of_the_suite_with_a_pool_will_do(command, student_config, dark):
    status, printed, _ = command('fill', student_config('NaiveEnsembleHook', num_teachers=1))
    assert (status, printed) == (0, f'{dark.bank}: holds 2 views already\n')


def test_num_views_are_the_options_then_the_hooks_then_the_epochs(command, student_config, dark):
    config = student_config(num_teachers=1, num_views=3)
    assert command('fill', config)[0] == 0
    assert Bank(dark.bank).num_views == 3
    assert command('fill', config, '--num-views', 4)[0] == 0
    assert Bank(dark.bank).num_views == 4


def test_the_storage_stays_unless_another_is_asked_for(command, student_config, dark):
    config = student_config(num_teachers=1)
    # Nothing that was finished is lost by a word.
    one_line(
        command('fill', config, '--storage', 'float16'),
        f'bank {dark.bank} is stored as float32; delete it, name another folder, or pass --overw',
    )
    assert Bank(dark.bank).storage.name == 'float32'
    assert command('fill', config, '--storage', 'float16', '--overwrite')[0] == 0
    assert Bank(dark.bank).storage.name == 'float16'
    assert command('fill', config, '--num-views', 3)[1].splitlines()[-1].endswith(': filled')
    assert (Bank(dark.bank).storage.name, Bank(dark.bank).num_views) == ('float16', 3)
    one_line(command('fill', config, '--storage', 'zip'), "storage 'zip' is not float32, float16")


def test_a_whole_bank_of_something_else_is_not_overwritten(command, student_config, dark):
    config = student_config(num_teachers=1)
    shutil.copy(dark.checkpoint.with_name('bright.pth'), dark.checkpoint)
    words = 'does not fit, it differs in checkpoint', 'or pass --overwrite'
    one_line(command('fill', config), *words)
    assert command('fill', config, '--overwrite')[0] == 0
    assert command('fill', config)[1].endswith('holds 2 views already\n')


def test_a_stage_of_a_chain_reads_the_last_bank_alone(command, student_config, dark):
    bright = dark.bank.with_name('bright-bank')
    config = student_config('ChainHook', num_teachers=2, previous='work/1/student.pth')
    assert command('fill', config)[:2] == (0, f'{bright}: holds 2 views already\n')
    config = student_config('ChainHook', num_teachers=1)
    assert command('fill', config)[:2] == (0, f'{dark.bank}: holds 2 views already\n')


def test_a_manifest_that_is_not_json_is_made_again(command, student_config, dark):
    wanted = Bank(dark.bank).manifest
    Bank(dark.bank).paths.manifest.write_text('{')
    status, printed, _ = command('fill', student_config(num_teachers=1))
    assert status == 0 and printed.splitlines()[-1] == f'{dark.bank}: filled'
    assert Bank(dark.bank).manifest == wanted


def test_who_fails_ends_those_who_help():
    """A teacher that cannot be loaded is said at once, not after the helpers' whole fill."""
    began = time.monotonic()
    with pytest.raises(ConfigError, match='no teacher'), helpers(2, partial(time.sleep, 600)):
        raise ConfigError('no teacher')
    assert time.monotonic() - began < 60
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_helpers_are_waited_for():
    with helpers(2, partial(time.sleep, 0.1)):
        begun = multiprocessing.active_children()
    assert [helper.exitcode for helper in begun] == [0, 0]


@pytest.mark.parametrize('file', ['record.json', 'run.json'])
def test_a_sweeps_bank_is_left_alone(command, student_config, dark, file):
    """That of a run that was cut off, too."""
    (dark.bank.parent / file).write_text('{}')
    config = student_config(num_teachers=1)
    before = Bank(dark.bank).manifest
    one_line(
        command('fill', config, '--num-views', 3),
        f'bank {dark.bank} holds 2 views, 3 are needed; it belongs to a sweep',
    )
    assert Bank(dark.bank).manifest == before


@pytest.mark.parametrize('name', ['fill', 'verify'])
@pytest.mark.parametrize(
    ('arguments', 'text'),
    [
        (dict(num_view=3), 'UKDHook: DistillationHook.__init__() got an unexpected keyword arg'),
        (dict(rule='mean'), "rule 'mean' is none of aekd, "),
        (dict(rule=dict(type='fixed_weights', weights=[1.0])), 'fixed_weights'),
        (dict(weight=2), 'weight = 2 is not in [0, 1]'),
        (dict(num_views=0), 'num_views = 0 is not positive'),
    ],
)
def test_what_training_would_refuse_is_refused(command, student_config, name, arguments, text):
    one_line(command(name, student_config(**arguments)), text)


def test_two_teachers_have_not_one_bank(command, student_config, own_pool, rewrite, dark):
    before = Bank(dark.bank).manifest
    rewrite(own_pool, 'elsewhere/../dark-bank', 'teachers', 1, 'bank')
    (own_pool.parent / 'elsewhere').mkdir()
    words = "teachers 'dark' and 'bright' have one bank"
    one_line(command('fill', student_config(), '--overwrite'), words)
    assert Bank(dark.bank).manifest == before


def test_what_is_done_of_more_views_is_not_thrown_away(command, student_config, dark):
    with BankWriter(dark.bank, job_of(Bank(dark.bank), 5)) as writer:
        writer.write(writer.claim(), np.zeros((11, 11), np.float32))
    config = student_config(num_teachers=1)
    words = f'bank {dark.bank} was never completed, it holds 3 of 5 views; 2 are asked for; delete'
    one_line(command('fill', config), words)
    assert len(BankPaths(dark.bank).notes()) == 3
    status, printed, _ = command('fill', config, '--num-views', 5)
    assert status == 0 and printed.count('view ') == 2
    assert command('fill', config, '--num-views', 2)[1] == f'{dark.bank}: holds 2 views already\n'


def test_who_has_no_rendering_of_its_own_is_named(command, student_config, own_pool, dark):
    with open(dark.config, 'a') as file:
        file.write('\ntrain_dataloader = dict(dataset=dict(pipeline=[dict(type="DecordInit")]))\n')
    dark_line = "dark: sees the student's frames, because its own pipeline has no step ukd_bench"
    status, printed, _ = command('fill', student_config(), '--num-views', 3)
    assert status == 0
    assert [line for line in printed.splitlines() if 'frames' in line] == [f'{dark_line}.DrawView']


_TRAINS = """
train_cfg = dict(max_epochs=1)
train_dataloader = dict(dataset=dict(type="VideoDataset", pipeline=[]))
"""


def test_mistakes_are_one_line(command, student_config, tmp_path):
    config = student_config()
    one_line(command('fill', tmp_path / 'no.py'), f'config {tmp_path / "no.py"} does not exist')
    one_line(command('fill', config, '--device', 'tpu'), "'tpu'")
    options = '--cfg-options'
    for name in ('fill', 'verify'):
        one_line(command(name, config, options, 'a'), "'a' is not of the form KEY=VALUE")
        one_line(command(name, config, options, 'custom_hooks=1'), 'no hook in custom_hooks')
        no_epochs = "train_cfg.max_epochs = 'x' is not a number of epochs"
        one_line(command(name, config, options, 'train_cfg.max_epochs=x'), no_epochs)
        no_pipeline = 'train_dataloader.dataset has no pipeline'
        one_line(command(name, config, options, 'train_dataloader.dataset.pipeline=1'), no_pipeline)
        if not torch.cuda.is_available():
            one_line(command(name, config, '--device', 'cuda'), 'torch finds no CUDA device')
    one_line(command('fill', config, '--num-views', '0'), "'0' is not a whole number of at least 1")
    nobody = 'no hook in custom_hooks has a pool'
    for text, words in (
        ('custom_hooks = []', nobody),
        ('custom_hooks = [dict(type="EMAHook")]', nobody),
        ('custom_hooks = [dict(type="ukd_bench.ReplayHook")]', nobody),
        ('custom_hooks = [dict(type="ukd_bench.UKDHook", pool="p")]', 'no complete training'),
        ('custom_hooks = [', 'cannot be read'),
        (f'{_TRAINS}custom_hooks = [dict(type="NoHook", pool="p")]', "registered as 'NoHook'"),
        (f'{_TRAINS}custom_hooks = [dict(type="no_module.Hook", pool="p")]', 'that can be impor'),
        (f'{_TRAINS}custom_hooks = [dict(pool="p")]', 'registered as None'),
    ):
        path = tmp_path / 'bad.py'
        path.write_text(text)
        one_line(command('fill', path), str(path), words)


def start(*arguments):
    environment = {**os.environ, 'PYTHONPATH': str(PACKAGE.parent)}
    return subprocess.Popen(
        [sys.executable, '-m', 'ukd_bench.knowledge', 'fill', *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
    )


def test_killed_with_its_workers_and_called_twice_at_once(student_config, dark):
    """Real commands with loader workers; the bank is that of an undisturbed fill."""
    wanted = Bank(dark.bank).manifest
    config = student_config(num_teachers=1)
    views = ('--num-views', 40, '--cfg-options', 'train_dataloader.num_workers=1')
    paths = BankPaths(dark.bank)
    first = start(config, *views)
    until = time.monotonic() + 120
    # Two views are there before; more are noted by the process that is killed.
    while len(paths.notes()) < 5 and first.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.005)
    first.kill()
    assert first.wait() == -signal.SIGKILL and not paths.manifest.is_file()
    noted = len(paths.notes())
    again = [start(config, *views), start(config, *views, '--processes', '2')]
    printed = [process.communicate(timeout=300)[0] for process in again]
    assert [process.returncode for process in again] == [0, 0], printed
    bank = Bank(dark.bank)
    bank.require_intact()
    assert bank.num_views == 40 and bank.manifest.views[:2] == wanted.views
    # No view was scored twice, whoever scored it.
    scored = sum(text.count('dark: view ') for text in printed)
    assert scored == 40 - noted
    assert sorted(path.name for path in dark.bank.iterdir()) == [
        'labels.npy',
        'manifest.json',
        'scores.npy',
    ]


_MIXUP = 'dict(type="MixupBlending", num_classes=11, alpha=0.2)'
_DATASET = 'config["train_dataloader"]["dataset"]'


@pytest.mark.parametrize('name', ['fill', 'verify'])
@pytest.mark.parametrize(
    ('change', 'words'),
    [
        (f'model["data_preprocessor"]["blending"] = {_MIXUP}', 'set blending to None'),
        (f'data_preprocessor = dict(blending={_MIXUP})\ndel model["data_preprocessor"]',
         'set blending to None'),
        ('d = train_dataloader["dataset"]\ntrain_dataloader["dataset"] = '
         'dict(type="RepeatDataset", times=2, dataset=d)',
         'RepeatDataset repeats sample indices and cannot be replayed: train on one data set'),
        ('d = train_dataloader["dataset"]\ntrain_dataloader["dataset"] = '
         'dict(type="ConcatDataset", datasets=[d])', 'ConcatDataset repeats sample indices'),
        ('train_dataloader["dataset"].update(type="RepeatAugDataset", ann_file="a.txt")',
         "repeated augmentation) makes several clips of a sample, which share its address: use"),
        ('train_dataloader["dataset"] = dict(type="VideoDataset", ann_file="absent.txt", '
         'pipeline=[dict(type="DecordInit")])',
         "data set VideoDataset: cannot be built"),
        ('train_dataloader["dataset"]["type"] = "NoSet"', "no data set is registered as 'NoSet'"),
    ],
)  # fmt: skip
def test_what_cannot_be_replayed_is_refused_before_any_work(
    command, student_config, monkeypatch, name, change, words
):
    """As training would, and before a teacher is loaded or a video is read."""
    config = student_config()
    with open(config, 'a') as file:
        file.write(f'\n{change}\n')
    monkeypatch.setattr('ukd_bench.knowledge.teacher.load_weights', None)
    one_line(command(name, config), words)


@pytest.mark.parametrize('kind', ['UKDHook', 'NaiveEnsembleHook'])
def test_an_entry_without_a_bank_is_named_before_any_work(
    command, student_config, own_pool, rewrite, monkeypatch, kind
):
    rewrite(own_pool, None, 'teachers', 1, 'bank')
    monkeypatch.setattr('ukd_bench.knowledge.teacher.load_weights', None)
    words = "pool: teacher 'bright' has no bank: give its entry 'bank', a folder"
    one_line(command('fill', student_config(kind)), words)
    status, printed, _ = command('show', own_pool)
    assert status == 0 and 'the pool names none' in printed and 'complete' in printed


def test_verify_names_an_entry_without_a_bank(command, student_config, own_pool, rewrite):
    rewrite(own_pool, None, 'teachers', 1, 'bank')
    status, printed, _ = command('verify', student_config())
    assert status == 1 and "wrong: bright: pool: teacher 'bright' has no bank" in printed
    assert 'dark: good' in printed


def test_a_teacher_that_cannot_take_the_students_clips_is_told_of_the_suites_steps(
    command, student_config, own_pool, dark
):
    """A network in two dimensions, under a pipeline for three."""
    with open(dark.config, 'a') as file:
        file.write('\nmodel["data_preprocessor"] = dict(type="ActionDataPreprocessor")\n')
        file.write('model["data_preprocessor"].update(mean=[1, 2, 3], std=[1, 1, 1])\n')
    config = student_config(num_teachers=1)
    words = 'teacher dark cannot score clips of shape [1, 3, 4, 32, 32]', 'docs/pipeline_steps.md'
    one_line(command('fill', config, '--overwrite'), *words)

"""What only torch knows, asked of a process of its own."""

import subprocess
import sys

import pytest
import torch

from ukd_bench.errors import UkdBenchError
from ukd_bench.records import questions
from ukd_bench.records.execution import cuda_devices, device_name

RULE = dict(rule='fixed_weights', numbers=[1])


@pytest.mark.slow
def test_one_process_answers_all_questions(monkeypatch):
    started = []
    run = subprocess.run
    monkeypatch.setattr(
        questions.subprocess, 'run', lambda *a, **k: started.append(a) or run(*a, **k)
    )
    answers = questions.ask({'cuda_devices': None, 'rule_complaint': RULE})
    assert len(started) == 1
    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    assert answers.pop('cuda_devices') == names
    assert answers.pop('rule_complaint').startswith("rule 'fixed_weights' takes weights")
    assert answers == {}


def test_no_question_starts_no_process(monkeypatch):
    monkeypatch.setattr(questions.subprocess, 'run', None)
    assert questions.ask({}) == {}


@pytest.mark.slow
def test_what_a_users_module_prints_is_no_part_of_the_answer(tmp_path, monkeypatch):
    (tmp_path / 'loud_rule.py').write_text(
        'import os\n'
        'from ukd_bench.knowledge.assembly import MeanLogit\n'
        'print("hello")\n'
        'os.system("echo hello")\n'
        'class Loud(MeanLogit):\n    pass\n'
    )
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    about = dict(rule='loud_rule.Loud', numbers=[1, 4])
    assert questions.ask({'rule_complaint': about}) == {'rule_complaint': None}


def test_a_process_that_dies_is_named(tmp_path, monkeypatch):
    (tmp_path / 'torch.py').write_text('raise ImportError("libcudart.so.13: cannot open")\n')
    monkeypatch.setattr(questions, 'python_path', lambda: str(tmp_path))
    with pytest.raises(UkdBenchError) as died:
        questions.ask({'cuda_devices': None})
    assert str(died.value).startswith('the process that was asked about cuda_devices died: ')
    assert '\n' not in str(died.value)


def test_a_process_that_says_nothing_is_named(monkeypatch):
    quiet = [sys.executable, '-c', 'raise SystemExit(7)']
    monkeypatch.setattr(questions, 'module_command', lambda module: quiet)
    with pytest.raises(UkdBenchError, match=r'asked about cuda_devices died: exit status 7$'):
        questions.ask({'cuda_devices': None})
    quiet[-1] = 'print("no JSON")'
    with pytest.raises(UkdBenchError, match=r'asked about cuda_devices died: exit status 0$'):
        questions.ask({'cuda_devices': None})


@pytest.fixture
def fresh():
    cuda_devices.cache_clear()
    yield
    cuda_devices.cache_clear()


def test_a_process_with_torch_asks_nobody(fresh, monkeypatch):
    monkeypatch.setattr(questions.subprocess, 'run', None)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    monkeypatch.setattr(torch.cuda, 'get_device_name', 'Made-up GPU {}'.format)
    assert cuda_devices() == ('Made-up GPU 0', 'Made-up GPU 1')
    assert device_name('cuda') == 'Made-up GPU 0'

"""Predicted peaks as they are asked for; a stand-in predicts."""

import json
import sys
from types import ModuleType, SimpleNamespace

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.runs.answers import QUESTIONS

PHASE = SimpleNamespace(
    allocated_peak_bytes=10, reserved_peak_bytes=20, workspace_bound_bytes=None, more='unseen'
)


@pytest.fixture
def predictor(monkeypatch):
    """Puts a function in the place of the predictor."""

    def put(predict_run):
        module = ModuleType('ukd_bench.measure.memory.predict')
        module.predict_run = predict_run
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return put


def job(config: dict, *teachers: dict, method: str = 'naive') -> dict:
    texts = dict(config=repr(config), teachers=[*map(repr, teachers)])
    return json.loads(json.dumps(dict(texts, method=method, device='cuda')))


def test_configs_arrive_as_they_are(predictor):
    seen = []

    def predict_run(config, method, device, teachers):
        seen.append((config.to_dict(), method, device, [one.to_dict() for one in teachers]))
        return SimpleNamespace(phases={'train': PHASE}, error=None, state_bytes=7)

    predictor(predict_run)
    # JSON would make a list of the tuple.
    config, teacher = dict(scale=(1, 2), ratio=0.1, none=None), dict(name="it's one")
    (answer,) = QUESTIONS['peaks']([job(config, teacher)])
    assert seen == [(config, 'naive', 'cuda', [teacher])]
    figures = dict(allocated_peak_bytes=10, reserved_peak_bytes=20, workspace_bound_bytes=None)
    assert answer == dict(phases={'train': figures}, state_bytes=7, error=None)
    assert json.loads(json.dumps(answer)) == answer


def test_one_that_cannot_be_predicted_leaves_the_others_alone(predictor):
    def predict_run(config, method, device, teachers):
        if method == 'says_so':
            return SimpleNamespace(phases={}, error='its shapes depend on data')
        if method == 'fails':
            raise RuntimeError('in two\nlines')
        if method == 'refuses':
            raise ConfigError('model: no backbone')
        return SimpleNamespace(phases={'train': PHASE}, error=None)

    predictor(predict_run)
    methods = ('says_so', 'fails', 'refuses', 'plain')
    answers = QUESTIONS['peaks']([job({}, method=method) for method in methods])
    assert [answer['error'] for answer in answers] == [
        'its shapes depend on data',
        'its config cannot be predicted: RuntimeError: lines',
        'model: no backbone',
        None,
    ]
    assert [[*answer['phases']] for answer in answers] == [[], [], [], ['train']]


def test_the_smallest_of_the_gpus_of_a_name_counts(monkeypatch):
    sizes = {0: 30, 1: 10, 2: 20}
    monkeypatch.setattr('ukd_bench.runs.answers.cuda_devices', lambda: ('A', 'B', 'A'))
    monkeypatch.setattr(
        'torch.cuda.get_device_properties',
        lambda number: SimpleNamespace(total_memory=sizes[number]),
    )
    assert QUESTIONS['cuda_memory']('A') == 20 and QUESTIONS['cuda_memory']('B') == 10

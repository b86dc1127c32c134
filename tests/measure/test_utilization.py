import threading
import types

import pytest
import torch

from ukd_bench.measure import utilization as module
from ukd_bench.measure.utilization import GpuUtilization

CUDA = torch.device('cuda')


@pytest.fixture
def driver(monkeypatch):
    """Has a driver answer with these shares, then with none, and tells when it has."""

    def give(*answers):
        left, done, asked = [*answers], threading.Event(), []

        def ask(*options):
            asked.append(options)
            if not left:
                done.set()
                return None
            return [[left.pop(0)]]

        monkeypatch.setattr(module, 'ask_driver', ask)
        return done, asked

    monkeypatch.setattr(module, 'INTERVAL_S', 0.001)
    known = types.SimpleNamespace(uuid='1234')
    monkeypatch.setattr(torch.cuda, 'get_device_properties', lambda _: known)
    return give


def test_samples_of_stretches_count_together(driver):
    busy = GpuUtilization(CUDA)
    for answers in (('50', '100'), ('0',)):
        done, asked = driver(*answers)
        busy.begin()
        busy.begin()
        assert done.wait(20)
        busy.end()
    assert busy.samples == [0.5, 1.0, 0.0] and busy.mean == 0.5
    assert asked[0] == ('--query-gpu=utilization.gpu', '--id=GPU-1234')


def test_a_driver_that_does_not_tell_is_asked_no_more(driver):
    _, asked = driver('[N/A]', '70')
    busy = GpuUtilization(CUDA)
    busy.begin()
    busy._thread.join(20)
    busy.end()
    assert (busy.samples, busy.mean, len(asked)) == ([], None, 1)


def test_there_is_nothing_to_ask_of_a_cpu(driver):
    _, asked = driver('70')
    busy = GpuUtilization(torch.device('cpu'))
    busy.begin()
    busy.end()
    assert (busy.mean, asked) == (None, [])

"""Calls that are repeated as events alone leave what carrying them out would."""

from functools import partial

import pytest
import torch
from torch import nn

from ukd_bench.enhance.lime import LIME
from ukd_bench.measure.memory.fake.ledger import DEVICE, Ledger
from ukd_bench.measure.memory.fake.repeats import settings_of
from ukd_bench.measure.memory.fake.scratch import cudnn_scratch
from ukd_bench.measure.memory.fake.shapes import Shapes
from ukd_bench.measure.memory.fake.trace import INPUTS, Phase


@pytest.fixture
def ledger():
    return Ledger(Shapes(DEVICE), cudnn_scratch)


def enhance(clips):
    return LIME()(clips)


def convolve(clips):
    kernel = torch.ones(2, 3, 1, 3, 3, device=DEVICE)
    return torch.nn.functional.conv3d(clips.float(), kernel).relu_()


def traced(ledger, call, times, known):
    """The trace of a call made a few times, whose results are kept, all but the first."""
    with torch.no_grad(), ledger:
        clips = torch.empty(1, 3, 2, 16, 16, dtype=torch.uint8, device=DEVICE)
        kept = []
        for number in range(times):
            with ledger.scope(INPUTS):
                if known is None:
                    made = call(clips)
                else:
                    made = ledger.once('it', partial(call, clips), known)
            kept = [*kept, made] if number else []
            del made
        kept.clear()
    return ledger.trace


@pytest.mark.parametrize('call', [enhance, convolve])
def test_a_repeated_call_leaves_the_same_trace(call):
    plain = traced(Ledger(Shapes(DEVICE), cudnn_scratch), call, 4, None)
    known = {}
    repeated = traced(Ledger(Shapes(DEVICE), cudnn_scratch), call, 4, known)
    assert [one is not None for one in known.values()] == [True]
    assert len(plain.events) > 15 and repeated.events == plain.events
    assert (repeated.kinds, repeated.scratch) == (plain.kinds, plain.scratch)
    assert bool(plain.scratch) == (call is convolve)
    ends = len(plain.events)
    assert Phase(repeated, 0, ends).peak == Phase(plain, 0, ends).peak


def test_what_leaves_more_than_its_result_is_carried_out_each_time(ledger):
    left, calls, known = [], [], {}

    def hoards():
        calls.append(None)
        left.append(torch.ones(4, device=DEVICE))
        return torch.ones(2, device=DEVICE)

    with ledger:
        for _ in range(3):
            ledger.once('it', hoards, known)
        assert len(calls) == 3 and [*known.values()] == [None]


def test_what_frees_what_was_there_is_carried_out_each_time(ledger):
    calls, known = [], {}
    with ledger:
        there = [torch.ones(4, device=DEVICE)]

        def frees():
            calls.append(None)
            there.clear()
            return torch.ones(2, device=DEVICE)

        ledger.once('it', frees, known)
        assert [*known.values()] == [None]
        # Now it frees nothing, and can be repeated.
        for _ in range(3):
            ledger.once('it', frees, known)
        assert len(calls) == 2


def test_what_returns_a_part_of_its_memory_is_carried_out_each_time(ledger):
    known = {}
    with ledger:
        ledger.once('it', lambda: torch.ones(4, device=DEVICE)[1:], known)
        assert [*known.values()] == [None]


class Own(nn.Module):
    def __init__(self, **set_to):
        super().__init__()
        for name, value in set_to.items():
            setattr(self, name, value)


def test_modules_of_one_class_are_told_apart_by_all_that_they_are_set_to():
    assert settings_of(Own(a=1, b=max)) == settings_of(Own(b=max, a=1)) is not None
    different = [Own(), Own(a=1), Own(a=2), Own(a=max), Own(a=min), nn.Identity()]
    assert len({settings_of(one) for one in different}) == len(different)
    for changing in ([1], nn.Linear(1, 1), nn.Parameter(torch.ones(1))):
        assert settings_of(Own(a=changing)) is None


def test_memory_in_another_scope_is_another_call(ledger):
    known = {}
    with ledger:
        ledger.once('it', lambda: torch.ones(4, device=DEVICE), known)
        with ledger.scope(INPUTS):
            ledger.once('it', lambda: torch.ones(4, device=DEVICE), known)
    assert len(known) == 2

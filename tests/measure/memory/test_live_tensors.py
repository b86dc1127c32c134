"""The tracker against sequences whose peak is known, and against the allocator's own account."""

import gc

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from ukd_bench.measure.memory.live_tensors import LiveTensorTracker

KIB = 1024


def kib(count):
    return torch.zeros(count * 256)


@pytest.fixture(autouse=True)
def nothing_left_of_other_tests():
    """What they left in reference cycles would be counted, and gone at any moment."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def tracked():
    """A tracker that has been entered, and what was alive by then."""
    with LiveTensorTracker() as tracker:
        yield tracker, tracker.live_bytes


def test_a_hand_made_sequence_exactly(tracked):
    tracker, start = tracked
    first = kib(8)
    second = kib(4)
    assert (tracker.live_bytes - start, tracker.peak_bytes - start) == (12 * KIB, 12 * KIB)
    del first
    assert (tracker.live_bytes - start, tracker.peak_bytes - start) == (4 * KIB, 12 * KIB)
    third = kib(7)
    assert (tracker.live_bytes - start, tracker.peak_bytes - start) == (11 * KIB, 12 * KIB)
    fourth = kib(2)
    assert (tracker.live_bytes - start, tracker.peak_bytes - start) == (13 * KIB, 13 * KIB)
    del second, third, fourth
    assert (tracker.live_bytes - start, tracker.peak_bytes - start) == (0, 13 * KIB)


def test_views_and_aliases_count_once_and_until_the_last_is_gone(tracked):
    tracker, start = tracked
    base = kib(8)
    parts = [base[:100], base.view(2, -1), base.detach(), base.t(), *base.chunk(4)]
    assert tracker.live_bytes - start == 8 * KIB
    del base
    assert tracker.live_bytes - start == 8 * KIB
    del parts
    assert tracker.live_bytes == start


def test_in_place_operators_allocate_nothing_and_resizing_does(tracked):
    tracker, start = tracked
    one = kib(4)
    one.add_(1).mul_(2)
    assert tracker.peak_bytes - start == 4 * KIB
    one.resize_(8 * 256)
    assert tracker.live_bytes - start == 8 * KIB
    del one
    assert tracker.live_bytes == start


def test_lists_of_results_and_keyword_arguments_are_seen(tracked):
    tracker, start = tracked
    parts = torch.split_with_sizes_copy(kib(8), [256, 7 * 256])
    assert tracker.live_bytes - start == 8 * KIB
    assert tracker.peak_bytes - start == 16 * KIB
    out = torch.zeros(0)
    torch.add(parts[1], 1, out=out)
    assert tracker.live_bytes - start == 15 * KIB


def test_what_was_alive_before_counts_and_its_end_is_seen():
    old = kib(16)
    gc.collect()
    with LiveTensorTracker() as tracker:
        start = tracker.live_bytes
        assert tracker.peak_bytes == start >= 16 * KIB
        del old
        assert start - tracker.live_bytes == 16 * KIB
    without = start - 16 * KIB
    with LiveTensorTracker() as tracker:
        assert tracker.live_bytes == without


def test_sizes_of_other_types_are_in_bytes(tracked):
    tracker, start = tracked
    kept = [torch.zeros(100, dtype=kind) for kind in (torch.uint8, torch.float16, torch.float64)]
    assert tracker.live_bytes - start == 100 * (1 + 2 + 8)
    del kept


class Step:
    """One training step of a small convolutional network."""

    def __init__(self, plant=0):
        torch.manual_seed(0)
        self.network = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(32, 11),
        )
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.1, momentum=0.9)
        self.clips, self.labels = torch.randn(16, 3, 64, 64), torch.arange(16) % 11
        if plant:
            self.network[3].register_forward_hook(lambda *_: self.planted.append(kib(plant)))
        self.planted = []

    def __call__(self):
        self.optimizer.zero_grad()
        nn.functional.cross_entropy(self.network(self.clips), self.labels).backward()
        self.optimizer.step()
        self.planted.clear()


def step_peak(step):
    step()
    gc.collect()
    with LiveTensorTracker() as tracker:
        start = tracker.live_bytes
        step()
        return tracker.peak_bytes - start


def test_an_allocation_planted_in_a_step_is_seen_exactly():
    plain = step_peak(Step())
    assert step_peak(Step(plant=512)) - plain == 512 * KIB
    assert step_peak(Step(plant=4096)) - plain == 4096 * KIB


def allocators_peak(step):
    """Peak of the CPU allocator's own account of a step, over what was alive before."""
    step()
    gc.collect()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    events = [
        event
        for event in profiler.profiler.kineto_results.events()
        if event.name() == '[memory]' and event.device_type() == torch.autograd.DeviceType.CPU
    ]
    assert events
    live = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        live += event.nbytes()
        peak = max(peak, live)
    return peak


def test_agreement_with_the_allocators_account():
    with torch.backends.mkldnn.flags(enabled=False):
        assert step_peak(Step()) == pytest.approx(allocators_peak(Step()), rel=0.01)


def test_scratch_within_an_operator_makes_the_account_a_lower_bound():
    """oneDNN's convolutions copy tensors into layouts of their own while they run."""
    assert step_peak(Step()) <= 1.01 * allocators_peak(Step())


def test_nothing_is_kept_alive_by_the_tracker():
    step = Step()
    step()
    with LiveTensorTracker() as tracker:
        step()
        gc.collect()
        after_one = tracker.live_bytes
        for _ in range(3):
            step()
        gc.collect()
        # Less, where others left something that went only now.
        assert tracker.live_bytes <= after_one

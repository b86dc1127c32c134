import threading

import pytest

from ukd_bench.measure.memory import room as module
from ukd_bench.measure.memory.room import BESIDE_BYTES, Room, each_in, free_bytes
from ukd_bench.sizes import MIB


def test_the_largest_begin_and_smaller_ones_fill_what_is_left():
    needs = {name: size * BESIDE_BYTES for name, size in dict(a=5, b=3, c=1, d=1, e=9).items()}
    lock, beside, most, order = threading.Lock(), [], [], []
    both = threading.Barrier(2)

    def work(name):
        with lock:
            beside.append(name)
            order.append(name)
            most.append({*beside})
        # Those that fit each other wait for each other.
        if name in 'ac':
            both.wait(20)
        with lock:
            beside.remove(name)

    # Each takes a context beside its need, so that 8 are too few for a and b, and enough for a, c.
    accompanied = each_in(Room(3, 8 * BESIDE_BYTES, needs), [*'abcd', 'e', 'unknown'], work)
    assert sorted(order) == [*'abcde', 'unknown']
    # One that needs more than there is runs alone, as does what is not known.
    assert {'e'} in most and {'unknown'} in most
    for together in most:
        assert len(together) == 1 or sum(needs[n] + BESIDE_BYTES for n in together) <= (
            8 * BESIDE_BYTES
        )
    assert {'a', 'c'} <= {*accompanied} and not {'e', 'unknown'} & {*accompanied}


def test_one_after_another_without_room():
    order = []
    assert each_in(Room(), [3, 1, 2], order.append) == []
    assert order == [3, 1, 2]


def test_what_goes_wrong_is_told():
    def work(thing):
        raise ValueError(f'no {thing}')

    with pytest.raises(ValueError, match='no 1'):
        each_in(Room(), [1, 2], work)


@pytest.mark.parametrize(
    ('seen', 'gpu'), [(None, '0'), ('', '0'), ('2,3', '2'), ('GPU-12', 'GPU-12')]
)
def test_the_first_gpu_in_view_is_asked(monkeypatch, seen, gpu):
    asked = []
    monkeypatch.setattr(module, 'ask_driver', lambda *o: asked.append(o) or [['81000']])
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
    if seen is not None:
        monkeypatch.setenv('CUDA_VISIBLE_DEVICES', seen)
    assert free_bytes() == 81000 * MIB
    assert asked == [('--query-gpu=memory.free', f'--id={gpu}')]


@pytest.mark.parametrize('told', [None, [], [['[N/A]']]])
def test_a_driver_that_does_not_tell(monkeypatch, told):
    monkeypatch.setattr(module, 'ask_driver', lambda *_: told)
    assert free_bytes() == 0

"""Sources that run teachers at every step: equal targets, whatever the memory they take."""

import json
import weakref

import pytest
import torch

from ukd_bench.distill import NaiveEnsembleHook, NaiveGraphHook, SwapHook
from ukd_bench.distill.batch import require_equal_classes
from ukd_bench.errors import ConfigError
from ukd_bench.knowledge.teacher import Teacher
from ukd_bench.measure import MeasureHook
from ukd_bench.measure.memory.live_tensors import LiveTensorTracker


def trained(train, hook, **options):
    """Hashes of targets, initial and final state, and the hook."""
    measure = MeasureHook()
    runner = train(hook, measure=measure, **options)
    source = next(h for h in runner.hooks if hasattr(h, 'target_hash'))
    hashes = source.target_hash.hexdigest(), measure.initial_sha256, measure.final_sha256
    return hashes, source


@pytest.mark.parametrize('kind', ['NaiveGraphHook', 'SwapHook'])
def test_the_student_is_that_of_naive(train, distilling, filled_pool, kind):
    naive, first = trained(train, distilling('NaiveEnsembleHook', filled_pool))
    other, second = trained(train, distilling(kind, filled_pool))
    assert naive == other
    assert first.teacher_facts() == second.teacher_facts()


class TestNaiveGraph:
    def test_graphs_live_until_the_step_ends(self, train, runner_config, distilling, filled_pool):
        """The teachers' activations are there in the student's step, and gone after it."""
        took = {}
        # MMEngine keeps parts of one Runner while the next one trains: one goes ahead of both.
        for kind in ('NaiveEnsembleHook', 'NaiveEnsembleHook', 'NaiveGraphHook'):
            with LiveTensorTracker() as there:
                before = there.live_bytes
            measure = MeasureHook()
            train(distilling(kind, filled_pool), measure=measure, epochs=1)
            took[kind] = measure.memory.peaks['train']['allocated_peak_bytes'] - before
        assert took['NaiveGraphHook'] > 1.5 * took['NaiveEnsembleHook']

    def test_no_teacher_gets_a_gradient(self, train, distilling, filled_pool):
        _, source = trained(train, distilling('NaiveGraphHook', filled_pool), epochs=1)
        assert isinstance(source, NaiveGraphHook)
        assert not source._alive
        for teacher in source.residents:
            assert all(p.grad is None and p.requires_grad for p in teacher.model.parameters())


class TestSwap:
    @pytest.fixture
    def copies(self, monkeypatch):
        """Makes the CPU a device of its own: what goes there is copied; weak references to it."""
        made = []

        def copy(data, device):
            twin = data.clone()
            made.append(weakref.ref(twin.untyped_storage()))
            return twin

        monkeypatch.setattr('ukd_bench.knowledge.teacher._copy', copy)
        return made

    def test_weights_stay_at_home_and_copies_die(self, teacher_files, copies):
        teacher = Teacher(teacher_files / 'dark.py', teacher_files / 'dark.pth')

        def weights():
            return [*teacher.model.parameters(), *teacher.model.buffers()]

        at_home = weights()
        with pytest.raises(RuntimeError, match='out of memory'), teacher.on('cpu'):
            there = [tensor.data_ptr() for tensor in weights()]
            raise RuntimeError('out of memory')
        assert not {tensor.data_ptr() for tensor in at_home} & {*there}
        assert all(now is before for now, before in zip(weights(), at_home, strict=True))
        assert len(copies) == len(at_home) and all(copy() is None for copy in copies)

    def test_copies_score_what_the_teacher_scores(self, train, distilling, filled_pool, copies):
        swap, _ = trained(train, distilling('SwapHook', filled_pool), epochs=1)
        naive, _ = trained(train, distilling('NaiveEnsembleHook', filled_pool), epochs=1)
        assert copies and swap == naive

    def test_each_step_takes_every_teacher_there_and_back(
        self, train, distilling, filled_pool, monkeypatch
    ):
        on_device, most, visits = set(), [], []
        original = Teacher.on

        def on(teacher, device):
            context = original(teacher, device)

            class Watched:
                def __enter__(self):
                    on_device.add(id(teacher))
                    most.append(len(on_device))
                    visits.append(id(teacher))
                    return context.__enter__()

                def __exit__(self, *error):
                    on_device.discard(id(teacher))
                    return context.__exit__(*error)

            return Watched()

        monkeypatch.setattr(Teacher, 'on', on)
        _, source = trained(train, distilling('SwapHook', filled_pool), epochs=1)
        assert isinstance(source, SwapHook)
        assert set(most) == {1} and not on_device
        # Three steps of two teachers, in pool order.
        assert visits == [id(teacher) for teacher in source.residents] * 3

    def test_the_cpu_says_nothing_of_its_memory(self, distilling, filled_pool):
        options = distilling('SwapHook', filled_pool)
        options.pop('type')
        hook = SwapHook(**options)
        assert not hook.memory_is_measured(torch.device('cpu'))
        assert hook.memory_is_measured(torch.device('cuda'))
        assert NaiveEnsembleHook(**options).memory_is_measured(torch.device('cpu'))
        assert hook.home(torch.device('cuda')) == torch.device('cpu')


def test_teachers_score_one_number_of_classes():
    require_equal_classes(dict(a=11))
    require_equal_classes(dict(a=11, b=11))
    with pytest.raises(ConfigError, match='teacher c scores 400 classes, teacher a 11'):
        require_equal_classes(dict(a=11, b=11, c=400))


@pytest.mark.parametrize('kind', ['NaiveEnsembleHook', 'SwapHook', 'UKDHook'])
def test_who_runs_teachers_needs_no_banks(train, distilling, filled_pool, kind):
    entries = json.loads(filled_pool.read_text())['teachers'][:1]
    for part in ('config', 'checkpoint', 'bank'):
        entries[0][part] = str(filled_pool.parent / entries[0][part])
    hook = distilling(kind, '') | dict(pool=entries)
    del entries[0]['bank']
    if kind == 'UKDHook':
        with pytest.raises(ConfigError, match=r"pool: teacher 'dark' has no bank: give its entry"):
            train(hook, epochs=1)
    else:
        without, _ = trained(train, hook, epochs=1)
        assert without == trained(train, distilling(kind, filled_pool, 1), epochs=1)[0]

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.records.execution import device_name
from ukd_bench.sweep.executors.devices import device_kind, find_devices

ALIKE = ['A100'] * 3


@pytest.fixture(autouse=True)
def all_in_view(monkeypatch):
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)


def test_the_cpu_is_the_processor_whatever_gpus_there_are():
    found = find_devices('cpu', ALIKE)
    assert (found.kind, found.name, found.gpus) == ('cpu', device_name('cpu'), ())


def test_cuda_is_every_gpu_and_cuda_n_one_of_them():
    assert find_devices('cuda', ALIKE).gpus == ('0', '1', '2')
    one = find_devices('cuda:1', ['A100', 'H100'])
    # What runs are told, and what their fingerprint has, is as without a number.
    assert (one.kind, one.name, one.gpus) == ('cuda', 'H100', ('1',))


def test_runs_share_one_fingerprint_and_so_one_kind_of_gpu():
    found = find_devices('cuda', ['A100', 'T4', 'A100'])
    assert (found.name, found.gpus) == ('A100', ('0', '2'))


@pytest.mark.parametrize(
    ('outer', 'gpus'),
    [
        ('5,2', ('5', '2')),
        (' 5, 2', ('5', '2')),
        ('GPU-8932f937, GPU-1c5d2a3e', ('GPU-8932f937', 'GPU-1c5d2a3e')),
        # CUDA sees nothing from the first that does not exist on.
        ('7,6,-1,5', ('7', '6')),
    ],
)
def test_gpus_have_the_names_that_this_process_was_given(outer, gpus, monkeypatch):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', outer)
    names = ['A100', 'A100']
    assert find_devices('cuda', names).gpus == gpus
    assert find_devices('cuda:1', names).gpus == gpus[1:]


@pytest.mark.parametrize(
    ('asked', 'names', 'line'),
    [
        ('cuda', [], 'device cuda: torch finds no CUDA device on this machine'),
        ('cuda:0', [], 'device cuda:0: torch finds no CUDA device on this machine'),
        ('cuda:1', ['A100'], 'device cuda:1: torch finds cuda:0 (A100) alone on this machine'),
        (
            'cuda:2',
            ['A100', 'T4'],
            'device cuda:2: torch finds cuda:0 (A100), cuda:1 (T4) alone on this machine',
        ),
    ],
)
def test_a_gpu_that_is_not_here_is_named(asked, names, line):
    absent = find_devices(asked, names)
    assert (absent.kind, absent.name, absent.gpus) == ('cuda', None, ())
    with pytest.raises(ConfigError) as refused:
        absent.require()
    assert str(refused.value) == line


@pytest.mark.parametrize('asked', ['abacus', 'cpu:0', 'cuda:', 'cuda:x', 'cuda:-1', ''])
def test_what_is_no_device_is_refused(asked):
    with pytest.raises(ConfigError, match=f"device '{asked}' is none of cpu, cuda, cuda:N"):
        device_kind(asked)

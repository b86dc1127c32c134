import pytest
import torch

from ukd_bench.files.configs import configs_root, read_config
from ukd_bench.measure.memory.fake.stage import FakeStage
from ukd_bench.measure.memory.measured import measured_rows
from ukd_bench.measure.memory.real import stage as stage_module
from ukd_bench.measure.memory.real.stage import RealStage, device_process_bytes
from ukd_bench.measure.memory.rehearsal.cells import rehearse_cell
from ukd_bench.measure.memory.rehearsal.subject import Cell
from ukd_bench.measure.memory.table import predicted_rows
from ukd_bench.models import pretrained

from ..subjects import small


@pytest.fixture
def both(tmp_path, one_thread):
    """Does a cell for real and on fake tensors, in this process."""

    def rehearse(cell):
        stages = RealStage(torch.device('cpu')), FakeStage('cpu')
        for folder, stage in zip((tmp_path / 'real', tmp_path / 'fake'), stages, strict=True):
            if cell.num_teachers:
                rehearse_cell(small(), Cell('bank'), folder, stage)
            rehearse_cell(small(), cell, folder, stage)
        return stages

    return rehearse


def require_close(real, fake):
    assert real.peaks.keys() == fake.phases.keys() != set()
    for phase, figures in real.peaks.items():
        predicted = fake.phases[phase].peak[1]
        assert predicted == pytest.approx(figures['allocated_peak_bytes'], rel=0.01)


@pytest.mark.slow
def test_the_allocator_takes_what_was_predicted(both):
    real, fake = both(Cell('plain'))
    assert list(real.peaks) == ['train', 'eval']
    require_close(real, fake)
    for figures in real.peaks.values():
        assert figures['reserved_peak_bytes'] is None
        assert figures['process_peak_bytes'] > real.start_bytes > 0
    # Neither is the other's: a test takes batches of 16.
    train, test = (real.peaks[phase]['allocated_peak_bytes'] for phase in ('train', 'eval'))
    assert test > 1.05 * train


@pytest.mark.slow
@pytest.mark.parametrize(
    'cell',
    [
        Cell('naive_graph', 2),
        *(
            pytest.param(cell, marks=pytest.mark.exhaustive)
            for cell in (
                *(Cell('bank'), Cell('ukd', 2), Cell('naive', 2), Cell('mutual', 2)),
                Cell('two_stream_dark_light'),
            )
        ),
    ],
    ids=lambda cell: cell.method,
)
def test_methods_take_what_was_predicted(both, cell):
    require_close(*both(cell))


def test_nothing_is_downloaded(monkeypatch, one_thread):
    seen = []
    monkeypatch.setattr(pretrained, 'downloaded', seen.append)
    config = read_config(configs_root() / 'plain' / 'x3d-m_arid.py')
    network = RealStage(torch.device('cpu')).build(config.model)
    assert network.init_weights() is None and seen == []
    assert next(network.parameters()).std() > 0


def test_nvml_is_asked_for_this_process_alone(monkeypatch):
    def answers(*rows):
        monkeypatch.setattr(stage_module, 'ask_driver', lambda _: rows and [*rows])
        return device_process_bytes(7)

    assert answers(['5', '100'], ['7', '300'], ['7', '20']) == 320 * 2**20
    assert answers(['5', '100']) is None
    assert answers(['7', '[N/A]']) is None
    assert answers() is None
    monkeypatch.setattr(stage_module, 'ask_driver', lambda _: None)
    assert device_process_bytes(7) is None


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device')
def test_a_gpu_takes_what_was_predicted(tmp_path):
    subject, cells = small(device='cuda'), [Cell('plain')]
    predicted = predicted_rows(subject, cells, tmp_path / 'predicted')
    measured = measured_rows(subject, cells, tmp_path / 'measured')
    for one, other in zip(predicted, measured, strict=True):
        assert one['allocated_peak_bytes'] == pytest.approx(other['allocated_peak_bytes'], rel=0.05)
        assert one['reserved_peak_bytes'] == pytest.approx(other['reserved_peak_bytes'], rel=0.1)

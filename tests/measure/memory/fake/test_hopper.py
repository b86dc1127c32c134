"""Rules of libraries on Hopper GPUs, against what torch's allocator handed out on an H100."""

import pytest
import torch

from tests.measure.memory.history import peak_bytes, read, subject
from ukd_bench.files.configs import configs_root
from ukd_bench.measure.memory.fake.hopper import HopperLibraries
from ukd_bench.measure.memory.fake.scratch import CONVOLUTION, CONVOLUTION_BACKWARD
from ukd_bench.measure.memory.fake.stage import FakeStage
from ukd_bench.measure.memory.rehearsal.cells import rehearse_cell
from ukd_bench.measure.memory.rehearsal.subject import Cell

HISTORIES = configs_root().parent / 'results' / 'reference' / 'h100-memory' / 'histories'
MIB = 2**20
# Clips, weights, stride, result, and the bytes of the workspace: each is in a history.
MEASURED = [
    # Few channels on one side: the result is written where it belongs.
    ((16, 83, 32, 56, 56), (64, 83, 3, 1, 1), 1, (16, 64, 32, 56, 56), 539_556_880),
    ((16, 64, 32, 28, 28), (144, 64, 1, 3, 3), 1, (16, 144, 32, 28, 28), 103_092_240),
    ((8, 64, 56, 56), (64, 64, 3, 3), 1, (8, 64, 56, 56), 6_570_000),
    # With a stride it is copied, and so it is with many channels; 230 channels are 232.
    ((16, 64, 32, 28, 28), (230, 64, 1, 3, 3), 2, (16, 230, 32, 14, 14), 196_421_648),
    ((1, 288, 16, 14, 14), (128, 288, 3, 1, 1), 1, (1, 128, 16, 14, 14), 5_660_688),
    ((8, 256, 14, 14), (256, 256, 3, 3), 1, (8, 256, 14, 14), 5_570_576),
    # Pictures of three channels are copied as they are, unless results have 83.
    ((8, 3, 224, 224), (64, 3, 7, 7), 2, (8, 64, 112, 112), 30_544_656),
    ((16, 3, 32, 112, 112), (83, 3, 1, 7, 7), 2, (16, 83, 32, 56, 56), 0),
    # A product of matrices.
    ((8, 256, 56, 56), (64, 256, 1, 1), 1, (8, 64, 56, 56), 0),
]


def empty(shape, dtype=torch.float32):
    return torch.empty(shape, dtype=dtype, device='meta')


@pytest.mark.parametrize(('clips', 'weights', 'step', 'result', 'measured'), MEASURED)
def test_convolutions_take_what_they_took_on_an_h100(clips, weights, step, result, measured):
    args = (empty(clips), empty(weights), None, [1, step, step][3 - len(clips[2:]) :])
    taken, bound = HopperLibraries().scratch(CONVOLUTION, args, empty(result))
    # Some bytes are for what no operand is.
    assert taken == pytest.approx(measured, abs=512)
    assert bound >= taken


def test_what_is_not_known_is_bounded_and_not_predicted():
    clips, weights, result = empty((2, 64, 8, 8)), empty((128, 64, 3, 3)), empty((2, 128, 8, 8))
    libraries = HopperLibraries()
    backward = (result, clips, weights, None, [1, 1])
    taken, bound = libraries.scratch(CONVOLUTION_BACKWARD, backward, (clips, weights, None))
    assert taken == 0 < bound
    half = (clips.half(), weights.half(), None, [1, 1])
    assert libraries.scratch(CONVOLUTION, half, result.half())[0] == 0
    grouped = (clips, empty((64, 1, 3, 3)), None, [1, 1])
    assert libraries.scratch(CONVOLUTION, grouped, clips)[0] == 0
    assert libraries.scratch(torch.ops.aten.relu.default, (clips,), clips) == (0, 0)


def test_cublas_takes_its_workspaces_once_forward_and_once_backward():
    libraries, seen = HopperLibraries(), []

    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            seen.append(libraries.kept(torch.ops.aten.addmm.default))
            return x.clone()

        @staticmethod
        def backward(ctx, gradient):
            seen.append(libraries.kept(torch.ops.aten.mm.default))
            return gradient

    assert libraries.kept(torch.ops.aten.relu.default) == 0
    for _ in range(2):
        Product.apply(torch.ones(1, requires_grad=True)).backward()
    assert seen == [32 * MIB, 32 * MIB, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ('student', 'method'),
    [
        ('r2plus1d-r34', 'bank'),
        *(
            pytest.param(student, method, marks=pytest.mark.exhaustive)
            for student, method in (
                *(('r2plus1d-r34', 'plain'), ('slowonly-r50', 'plain')),
                *(('slowonly-r50', 'bank'), ('tsm-r50', 'plain')),
            )
        ),
    ],
)
def test_peaks_are_those_of_an_h100(student, method, tmp_path, one_thread):
    history = read(HISTORIES / f'{student}-{method}.json.gz')
    stages = FakeStage('cuda'), FakeStage('cuda', 'hopper')
    for number, stage in enumerate(stages):
        rehearse_cell(subject(student), Cell(method), tmp_path / str(number), stage)
    without, within = stages
    for phase in history['peaks']:
        peak = peak_bytes(history, phase)
        assert within.phases[phase].peak[1] == pytest.approx(peak, rel=0.01)
        assert without.phases[phase].peak[1] <= within.phases[phase].peak[1]

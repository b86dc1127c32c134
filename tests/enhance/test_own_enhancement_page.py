"""The page on enhancements of one's own, followed as it stands in a folder outside the package."""

import sys
from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.config import Config

from ukd_bench.errors import ConfigError
from ukd_bench.files.checkpoints import save_weights
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.knowledge.teacher import Teacher
from ukd_bench.registry import ENHANCEMENTS
from ukd_bench.sweep.planner import make_plan
from ukd_bench.sweep.read_axes import read_axes
from ukd_bench.sweep.videos import sweep_data

from ..pages import code_of

PAGE = 'own_enhancement.md'
FILES = ('my_enhancement.py', 'teachers/slowonly-log_darkroom-quick.py', 'my_sweep.py')


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder in which the page's files are written and its commands start."""
    (tmp_path / 'teachers').mkdir()
    for name in FILES:
        (tmp_path / name).write_text(code_of(PAGE, f'# {name}'))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop('my_enhancement', None)
    ENHANCEMENTS.module_dict.pop('LogCurve', None)


def planned():
    """Keys of the page's sweep, by method and teacher or K."""
    axes = read_axes(Path('my_sweep.py'))
    plan = make_plan(axes, sweep_data(axes.dataset, None), 'cafe', 'cpu', '/nowhere/pool.json')
    return {
        (run.spec.method, run.spec.teacher or run.spec.num_teachers, run.spec.student): key
        for key, run in plan.runs.items()
    }


def test_a_teacher_sees_through_it(folder):
    register_all_modules(init_default_scope=True)
    config = Config.fromfile(folder / FILES[1])
    (stream,) = config.model.data_preprocessor.streams
    assert stream == dict(type='my_enhancement.LogCurve', strength=80.0)
    network = MODELS.build(config.model)
    clips = (
        torch.arange(256, dtype=torch.uint8).repeat(3).view(1, 3, 1, 16, 16).repeat(1, 1, 4, 1, 1)
    )
    (enhancement,) = network.data_preprocessor.streams
    curve = enhancement(clips[None])[0, 0, 0, 0].flatten()
    assert curve[0] == 0 and curve[255] == 255
    shares = torch.arange(256) / 255
    wanted = 255 * torch.log(1 + 80 * shares) / torch.log(torch.tensor(81.0))
    torch.testing.assert_close(curve, wanted)
    save_weights(network, folder / 'teacher.pth')
    entry = dict(name='log', config=FILES[1], checkpoint='teacher.pth', bank='bank')
    (found,) = read_pool([entry])
    scores = Teacher.of(found).score([clips, clips // 2])
    assert scores.shape == (2, 11) and not torch.equal(scores[0], scores[1])
    # Whatever else is in its batch.
    assert torch.equal(Teacher.of(found).score([clips])[0], scores[0])


def test_its_code_is_part_of_the_key_of_what_uses_it(folder):
    before = planned()
    code = (folder / FILES[0]).read_text()
    assert planned() == before
    (folder / FILES[0]).write_text(code.replace('50.0', '60.0'))
    after = planned()
    changed = {run[:2] for run in before if before[run] != after[run]}
    assert changed >= {('teacher', 'slowonly-log'), ('bank', 'slowonly-log'), ('ukd', 1)}
    assert {('teacher', 'i3d-gamma4'), ('plain', 0)} & changed == set()
    assert {('teacher', 'i3d-gamma4'), ('plain', 0)} <= {run[:2] for run in before}


def test_registered_it_goes_by_its_name(folder):
    with (folder / FILES[0]).open('a') as file:
        file.write(code_of(PAGE, 'from ukd_bench.registry'))
    base, _, _ = (folder / FILES[1]).read_text().partition('model = ')
    (folder / 'student.py').write_text(base + code_of(PAGE, 'custom_imports'))
    register_all_modules(init_default_scope=True)
    network = MODELS.build(Config.fromfile(folder / 'student.py').model)
    assert type(network.data_preprocessor.streams[0]).__module__ == 'my_enhancement'


@pytest.mark.parametrize(
    ('stream', 'complaint'),
    [
        (dict(type='my_enhancement.Log'), "module 'my_enhancement' has no attribute 'Log'"),
        (dict(type='my_enhancement.LogCurve', gain=2), "LogCurve' takes strength: .*'gain'"),
        (dict(type='my_enhancement.math'), 'no path of a Module'),
    ],
)
def test_what_cannot_be_used_is_named(folder, stream, complaint):
    with pytest.raises(ConfigError, match=complaint) as caught:
        MODELS.build(dict(type='ukd_bench.LowLightPreprocessor', streams=[stream]))
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('wrong', 'complaint'),
    [
        ('clips', 'makes torch.uint8 of the shape'),
        ('self.curve[clips.to(torch.int32)][..., :1]', r'of the shape \(1, 1, 3, 2, 4, 1\)'),
    ],
)
def test_another_kind_of_result_is_refused(folder, wrong, complaint):
    code = (folder / FILES[0]).read_text()
    (folder / FILES[0]).write_text(code.replace('self.curve[clips.to(torch.int32)]', wrong))
    stream = dict(type='my_enhancement.LogCurve')
    preprocessor = MODELS.build(dict(type='ukd_bench.LowLightPreprocessor', streams=[stream]))
    clip = torch.zeros(1, 3, 2, 4, 4, dtype=torch.uint8)
    with pytest.raises(ConfigError, match=complaint):
        preprocessor(dict(inputs=[clip], data_samples=None))

import copy
import re

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from torch import nn

from ukd_bench.errors import ConfigError
from ukd_bench.files.checkpoints import load_weights, save_weights, state_bytes, state_sha256
from ukd_bench.knowledge.identity import model_section
from ukd_bench.knowledge.teacher import MICRO_BATCH, Teacher


@pytest.fixture(scope='module')
def teacher(teacher_files):
    return Teacher(teacher_files / 'dark.py', teacher_files / 'dark.pth')


@pytest.fixture(scope='module')
def clips():
    generator = torch.Generator().manual_seed(0)
    shape = (1, 3, 4, 32, 32)
    return [torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8) for _ in range(37)]


def test_scores_depend_on_the_clip_alone(teacher, clips):
    """Bit for bit: whoever else is in the batch, wherever in it, and however much is padding."""
    together = teacher.score(clips)
    assert together.shape == (37, 11) and together.dtype == torch.float32
    for count in (1, 2, MICRO_BATCH - 1, MICRO_BATCH, MICRO_BATCH + 1):
        assert torch.equal(teacher.score(clips[:count]), together[:count])
    order = torch.randperm(37, generator=torch.Generator().manual_seed(1))
    assert torch.equal(teacher.score([clips[n] for n in order]), together[order])
    assert len({tuple(row.tolist()) for row in together}) == 37


def test_scores_are_those_before_softmax_of_the_model_in_eval(teacher, clips):
    model = teacher.model
    batch = torch.cat(clips[:4]).float()
    std, mean = torch.std_mean(batch, (1, 2, 3, 4), keepdim=True, correction=0)
    with torch.no_grad():
        features = model.backbone((batch - mean) / (std + 1e-3)).mean((2, 3, 4))
        wanted = model.cls_head.fc_cls(features)
    torch.testing.assert_close(teacher.score(clips[:4]), wanted, rtol=1e-4, atol=1e-5)
    assert not model.training and not any(module.training for module in model.modules())


def test_no_graph_and_no_gradient(teacher, clips):
    assert not teacher.score(clips[:2]).requires_grad
    assert not any(parameter.requires_grad for parameter in teacher.model.parameters())


def test_forwards_are_counted_a_micro_batch(teacher, clips):
    before = Teacher.forwards_in_process
    teacher.score(clips)
    assert Teacher.forwards_in_process - before == 3


def test_clips_that_it_cannot_take_are_named(teacher_files, clips, tmp_path):
    """As those of a 3D student are for a 2D network with MMAction2's own preprocessor."""
    config = Config.fromfile(teacher_files / 'dark.py')
    config.model.data_preprocessor = dict(
        type='ActionDataPreprocessor', mean=[1, 2, 3], std=[1, 1, 1]
    )
    config.dump(tmp_path / 'flat.py')
    flat = Teacher(tmp_path / 'flat.py', teacher_files / 'dark.pth', name='flat')
    message = r'teacher flat cannot score clips of shape \[1, 3, 4, 32, 32\]: The size of tensor'
    with pytest.raises(ConfigError, match=message) as caught:
        flat.score(clips[:2])
    assert str(caught.value).endswith(
        "the student's both have the suite's pipeline steps, see docs/pipeline_steps.md"
    )


def test_a_layer_that_a_head_makes_at_its_first_forward_is_made_again(
    teacher_files, clips, tmp_path
):
    """MMAction2's ``TPNHead`` copies one of its layers, so that its checkpoint holds both."""
    config = Config.fromfile(teacher_files / 'dark.py')
    config.model.cls_head.update(type='TPNHead', consensus=dict(type='AvgConsensus', dim=1))
    config.model.test_cfg = dict(fcn_test=True)
    config.dump(tmp_path / 'tpn.py')
    new = MODELS.build(copy.deepcopy(config.model))
    save_weights(new, tmp_path / 'new.pth')
    before = Teacher(tmp_path / 'tpn.py', tmp_path / 'new.pth')
    scores, sha256 = before.score(clips[:2]), before.state_sha256
    assert before.model.cls_head.new_cls is not None
    save_weights(before.model, tmp_path / 'tested.pth')
    assert 'cls_head.new_cls.bias' in torch.load(tmp_path / 'tested.pth')['state_dict']
    after = Teacher(tmp_path / 'tpn.py', tmp_path / 'tested.pth')
    assert after.state_sha256 == sha256 and torch.equal(after.score(clips[:2]), scores)


def test_more_scores_than_names_are_refused(teacher_files, clips):
    names = [f'class {n}' for n in range(10)]
    files = teacher_files / 'dark.py', teacher_files / 'dark.pth'
    named = Teacher(*files, 'cpu', names, names[::-1], 'dark')
    with pytest.raises(ConfigError, match='dark scores 11 classes, the names of 10 are known'):
        named.score(clips[:2])


def test_building_and_scoring_leave_the_global_stream_alone(teacher_files, clips):
    torch.manual_seed(7)
    wanted = torch.rand(3)
    torch.manual_seed(7)
    Teacher(teacher_files / 'bright.py', teacher_files / 'bright.pth').score(clips[:3])
    assert torch.equal(torch.rand(3), wanted)


def test_what_it_says_of_its_state(teacher, build_model):
    model = build_model(100)
    assert teacher.state_sha256 == state_sha256(model)
    tensors = model.state_dict().values()
    assert teacher.state_bytes == sum(tensor.nbytes for tensor in tensors)


def test_enhancement_is_the_teachers_own(teacher_files, clips):
    scores = [
        Teacher(teacher_files / f'{name}.py', teacher_files / 'dark.pth').score(clips[:2])
        for name in ('dark', 'bright')
    ]
    assert not torch.allclose(*scores)


def one_line(error, *parts):
    text = str(error.value)
    assert '\n' not in text and '\x1b' not in text
    for part in parts:
        assert part in text
    return True


def test_absent_files_are_named(teacher_files, tmp_path):
    with pytest.raises(ConfigError, match=r'teacher config .*absent.py does not exist'):
        Teacher(tmp_path / 'absent.py', teacher_files / 'dark.pth')
    with pytest.raises(ConfigError, match=r'checkpoint .*absent.pth does not exist'):
        Teacher(teacher_files / 'dark.py', tmp_path / 'absent.pth')


def test_garbage_is_named(teacher_files, tmp_path):
    path = tmp_path / 'garbage.pth'
    whole = (teacher_files / 'dark.pth').read_bytes()
    for content in (b'', b'garbage', b'PK\x03\x04' + b'x' * 99, whole[:1000], whole[:-40]):
        path.write_bytes(content)
        with pytest.raises(ConfigError) as caught:
            Teacher(teacher_files / 'dark.py', path)
        assert one_line(caught, f'checkpoint {path} cannot be read (')


def test_a_checkpoint_of_another_model_names_what_is_amiss(teacher_files, tmp_path):
    path = tmp_path / 'other.pth'
    state = torch.load(teacher_files / 'dark.pth', weights_only=True)['state_dict']
    for change, part in (
        (lambda state: state.pop('cls_head.fc_cls.bias'), 'Missing key(s)'),
        (lambda state: state.update(extra=torch.zeros(1)), 'Unexpected key(s)'),
        (lambda state: state.update({'cls_head.fc_cls.bias': torch.zeros(10)}), 'size mismatch'),
    ):
        changed = dict(state)
        change(changed)
        torch.save({'state_dict': changed}, path)
        with pytest.raises(ConfigError) as caught:
            Teacher(teacher_files / 'dark.py', path)
        assert one_line(caught, f'checkpoint {path} does not fit its config: ', part)


@pytest.mark.parametrize('content', [[1, 2], {'state_dict': [1]}, {'a': 1}, 3])
def test_a_file_without_weights_is_refused(tmp_path, content):
    path = tmp_path / 'none.pth'
    torch.save(content, path)
    with pytest.raises(ConfigError) as caught:
        load_weights(nn.Linear(2, 2), path)
    assert one_line(caught, f'checkpoint {path} ')


class Evil:
    def __reduce__(self):
        return open, ('/tmp/never-written', 'w')


def test_a_checkpoint_runs_no_code(tmp_path):
    path = tmp_path / 'evil.pth'
    torch.save({'state_dict': {}, 'meta': Evil()}, path)
    with pytest.raises(ConfigError) as caught:
        load_weights(nn.Linear(2, 2), path)
    assert one_line(caught, 'cannot be read (it holds', 'open)')


def test_a_bare_state_dict_and_our_own_files_load(tmp_path):
    torch.manual_seed(0)
    source = nn.BatchNorm1d(3)
    source.running_mean.fill_(4)
    for number, save in enumerate(
        (
            lambda path: torch.save(source.state_dict(), path),
            lambda path: save_weights(source, path),
        )
    ):
        target = nn.BatchNorm1d(3)
        save(tmp_path / f'{number}.pth')
        load_weights(target, tmp_path / f'{number}.pth')
        assert state_sha256(target) == state_sha256(source)


def test_a_checkpoint_of_mmengines_own_hook_is_a_teacher(
    runner_config, train, teacher_files, tmp_path, clips
):
    """It holds a message hub with buffers of NumPy arrays, optimizer state and meta data."""
    config = runner_config(dict(type='ukd_bench.ReplayHook'), epochs=1)
    config.default_hooks.checkpoint = dict(type='CheckpointHook', interval=1)
    config.default_hooks.logger.interval = 1
    runner = train(config)
    path = tmp_path / 'work' / 'epoch_1.pth'
    hub = torch.load(path, weights_only=False)['message_hub']
    assert re.search('HistoryBuffer', str(type(hub['log_scalars']['train/loss'])))
    teacher = Teacher(teacher_files / 'dark.py', path)
    assert teacher.state_sha256 == state_sha256(runner.model)
    assert teacher.score(clips[:1]).shape == (1, 11)


def test_state_hash_is_of_names_types_shapes_and_bytes():
    def module(**buffers):
        out = nn.Module()
        for name, value in buffers.items():
            out.register_buffer(name, torch.tensor(value))
        return out

    reference = state_sha256(module(a=[1.0, 2.0], b=[3.0]))
    assert state_sha256(module(b=[3.0], a=[1.0, 2.0])) == reference
    for other in (
        module(a=[1.0, 2.0], c=[3.0]),
        module(a=[1.0, 2.5], b=[3.0]),
        module(a=[1, 2], b=[3.0]),
        module(a=[[1.0, 2.0]], b=[3.0]),
        module(a=[1.0], b=[2.0, 3.0]),
    ):
        assert state_sha256(other) != reference
    scalar = nn.BatchNorm1d(2)
    before = state_sha256(scalar)
    scalar.num_batches_tracked += 1
    assert state_sha256(scalar) != before


def test_state_bytes_counts_what_a_checkpoint_leaves_out():
    module = nn.Linear(2, 3)
    module.register_buffer('table', torch.zeros(5, dtype=torch.uint8), persistent=False)
    assert state_bytes(module) == (6 + 3) * 4 + 5


def test_sync_batch_norm_is_undone(teacher_files, tmp_path, clips):
    config = Config.fromfile(teacher_files / 'dark.py')
    config.model.backbone.norm_cfg = dict(type='SyncBN')
    config.dump(tmp_path / 'sync.py')
    teacher = Teacher(tmp_path / 'sync.py', teacher_files / 'dark.pth')
    assert teacher.score(clips[:2]).shape == (2, 11)


def test_a_preprocessor_at_the_top_level_is_the_models(teacher_files, tmp_path, clips):
    """As MMEngine's Runner has it, where the model has none of its own."""
    files = teacher_files / 'dark.py', tmp_path / 'top.py', tmp_path / 'both.py'
    config = Config.fromfile(files[0])
    config.data_preprocessor = dict(type='ActionDataPreprocessor')
    config.dump(files[2])
    config.data_preprocessor = config.model.pop('data_preprocessor')
    config.dump(files[1])
    whole, top, both = (
        Teacher(file, teacher_files / 'dark.pth').score(clips[:2]) for file in files
    )
    assert torch.equal(top, whole) and torch.equal(both, whole)
    sections = [model_section(Config.fromfile(file)).to_dict() for file in files]
    assert sections[0] == sections[1] == sections[2] == Config.fromfile(files[0]).model.to_dict()


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('a = 1', 'has no section model'),
        ('model = 5', 'has no section model'),
        ('model = dict(', 'cannot be read ('),
        ("model = dict(type='NoSuchRecognizer')", 'its model cannot be built ('),
        ("model = dict(type='Recognizer3D')", 'its model cannot be built ('),
    ],
)
def test_a_config_that_cannot_be_used_is_named(teacher_files, tmp_path, text, words):
    path = tmp_path / 'wrong.py'
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        Teacher(path, teacher_files / 'dark.pth')
    assert one_line(caught, f'teacher config {path}', words)


class TestClassOrder:
    @pytest.fixture
    def files(self, teacher_files, tmp_path, build_model):
        """A teacher whose checkpoint notes its classes, in an order of its own."""

        def write(classes):
            save_weights(build_model(100), tmp_path / 'dark.pth', classes)
            return teacher_files / 'dark.py', tmp_path / 'dark.pth'

        return write

    CLASSES = tuple('abcdefghijk')

    def test_scores_come_in_the_students_order(self, files, clips):
        own = self.CLASSES[::-1]
        plain = Teacher(*files(())).score(clips[:2])
        for told in (dict(own_classes=own), {}):
            noted = () if told else own
            scores = Teacher(*files(noted), classes=self.CLASSES, **told).score(clips[:2])
            assert torch.equal(scores, plain.flip(1))

    def test_noted_names_say_nothing_where_the_student_has_none(self, files, clips):
        teacher = Teacher(*files(self.CLASSES[::-1]))
        assert torch.equal(teacher.score(clips[:2]), Teacher(*files(())).score(clips[:2]))

    def test_the_pools_word_goes_before_the_checkpoints(self, files):
        teacher = Teacher(*files(self.CLASSES[::-1]), 'cpu', self.CLASSES, self.CLASSES)
        assert teacher.order is None

    def test_other_names_are_refused(self, files):
        with pytest.raises(ConfigError, match=r"dark\.pth: class 'A' is one of the training set"):
            Teacher(*files(self.CLASSES), classes=('A', *self.CLASSES[1:]))


def test_a_wrapper_for_distributed_training_leaves_no_trace(teacher_files, tmp_path, clips):
    content = torch.load(teacher_files / 'dark.pth', weights_only=True)['state_dict']
    wrapped = {f'module.{name}': tensor for name, tensor in content.items()}
    torch.save(dict(state_dict=wrapped), tmp_path / 'wrapped.pth')
    teacher = Teacher(teacher_files / 'dark.py', tmp_path / 'wrapped.pth')
    alone = Teacher(teacher_files / 'dark.py', teacher_files / 'dark.pth')
    assert torch.equal(teacher.score(clips[:2]), alone.score(clips[:2]))


def test_names_that_have_none_to_be_compared_with_are_told(teacher_files, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr('ukd_bench.knowledge.teacher.print_log', lambda *words: told.append(words))
    files = teacher_files / 'dark.py', tmp_path / 'noted.pth'
    names = [f'class {n}' for n in range(11)]
    save_weights(Teacher(teacher_files / 'dark.py', teacher_files / 'dark.pth').model, files[1])
    assert Teacher(*files).order is None and not told
    save_weights(Teacher(*files).model, files[1], names)
    assert Teacher(*files, classes=names).order is None and not told
    assert Teacher(*files, name='dark').order is None
    ((text, *_),) = told
    assert text.startswith('teacher dark: its checkpoint names its classes, but the training set')

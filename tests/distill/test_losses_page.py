"""What the page on losses says, done as it says it, from outside the package."""

import re
import sys

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config

from ukd_bench.distill import DistillationHook, build_loss
from ukd_bench.distill.losses import target_divergence
from ukd_bench.files.configs import PACKAGE
from ukd_bench.registry import LOSSES

PAGE = (PACKAGE.parent / 'docs' / 'losses.md').read_text()
MODULES = ('my_loss', 'my_relations')


def code_of(begin: str) -> str:
    """The one block of code that begins so."""
    blocks = re.findall(r'^```(?:python)?\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if block.startswith(begin))
    return block


@pytest.fixture
def working_folder(tmp_path, monkeypatch):
    """A folder to start commands in, with the page's modules."""
    for name in MODULES:
        (tmp_path / f'{name}.py').write_text(code_of(f'# {name}.py'))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in MODULES:
        sys.modules.pop(name, None)


def hook_of_the_page():
    """The page's hook with the page's line in it."""
    line, config = code_of('loss=dict').strip(), code_of('custom_hooks')
    written, count = re.subn(r"loss='\w+'", line, config)
    assert count == 1
    (hook,) = Config.fromstring(written, '.py').custom_hooks
    return hook


def made_up():
    generator = torch.Generator().manual_seed(0)
    student, teacher = torch.randn(2, 6, 5, generator=generator)
    return student.requires_grad_(), teacher, torch.tensor([0, 1, 2, 3, 4, 0])


def test_the_pages_loss_is_that_of_its_equation(working_folder):
    student, teacher, labels = made_up()
    targets = torch.softmax(teacher / 2, -1)
    loss = build_loss(dict(type='my_loss.DKD', alpha=1.0, beta=4.0))
    found = loss(student, targets, labels, 2.0)
    rows = []
    for scores, target, label in zip(student.detach(), targets, labels.tolist(), strict=True):
        p, q = torch.softmax(scores / 2, -1).tolist(), target.tolist()
        others = [c for c in range(5) if c != label]
        pair = [(q[label], p[label]), (1 - q[label], 1 - p[label])]
        among = [(q[c] / (1 - q[label]), p[c] / (1 - p[label])) for c in others]
        tckd, nckd = (
            sum(a * torch.tensor(a / b).log().item() for a, b in pairs) for pairs in (pair, among)
        )
        divergence = F.kl_div(torch.tensor(p).log(), target, reduction='sum').item()
        assert tckd + (1 - q[label]) * nckd == pytest.approx(divergence, rel=1e-4)
        rows.append(4 * (tckd + 4 * nckd))
    assert found.item() == pytest.approx(sum(rows) / 6, rel=1e-4)
    found.backward()
    assert student.grad.abs().sum() > 0 and student.grad.isfinite().all()


def test_targets_that_are_certain_have_a_finite_loss(working_folder):
    student, _, labels = made_up()
    found = build_loss('my_loss.DKD')(student, torch.eye(5)[labels], labels, 1.0)
    # Only what is said of the label is left: the cross-entropy.
    assert found.item() == pytest.approx(F.cross_entropy(student, labels).item(), rel=1e-5)


def test_the_pages_relations_are_those_of_its_formula(working_folder):
    student, teacher, labels = made_up()
    loss = build_loss('my_relations.Similarity')
    assert loss.needs_teachers and loss.needs_all_classes
    grams = [F.normalize(scores @ scores.T, dim=1) for scores in (student, teacher, 2 * teacher)]
    wanted = sum(((grams[0] - gram) ** 2).sum() / 36 for gram in grams[1:]) / 2
    teachers = torch.stack([teacher, 2 * teacher])
    torch.testing.assert_close(loss(student, None, labels, 2.0, teachers), wanted)


@pytest.mark.parametrize('own', [None, 'my_relations.Similarity'])
def test_a_recognizer_trains_by_it(working_folder, train, filled_pool, own):
    hook = hook_of_the_page()
    if own is not None:
        hook.loss = own
    # The tests' pool has two teachers, and views of another seed.
    hook.update(pool=str(filled_pool), num_teachers=2, view_seed=5)
    runner = train(hook, epochs=1)
    source = next(found for found in runner.hooks if isinstance(found, DistillationHook))
    assert source.loss_name == (own or 'my_loss.DKD(beta=4.0)')
    assert type(source.loss).__module__ in MODULES
    assert source.last_epoch_divergence > 0


def test_the_page_names_every_loss():
    rows = re.findall(r'^\| `(\w+)`[^|]*\| T²', PAGE, re.MULTILINE)
    own = {name for name, kind in LOSSES.module_dict.items() if 'ukd_bench' in kind.__module__}
    assert {*rows} == own


def test_the_default_is_what_the_page_says():
    student, teacher, labels = made_up()
    targets, loss = torch.softmax(teacher / 3, -1), build_loss('kl_divergence')
    wanted = 9 * target_divergence(student, targets, 3.0)
    torch.testing.assert_close(loss.scale(3.0) * loss(student, targets, labels, 3.0), wanted)

"""What the page on knowledge sources says, done as it says it."""

import re
import sys

import pytest
import torch
from mmengine.config import Config

import ukd_bench.distill
from ukd_bench.files.configs import PACKAGE
from ukd_bench.knowledge.bank.format import Bank
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.methods.table import METHODS

PAGE = PACKAGE.parent / 'docs' / 'knowledge_sources.md'


def code_of(begin: str) -> str:
    """The one block of Python that begins so."""
    blocks = re.findall(r'```python\n(.*?)```', PAGE.read_text(), re.DOTALL)
    (block,) = (block for block in blocks if block.startswith(begin))
    return block


@pytest.fixture
def working_folder(tmp_path, monkeypatch, filled_pool):
    """A folder to start commands in, with the pool where the page has it."""
    place = tmp_path / 'results' / 'quick'
    place.parent.mkdir()
    place.symlink_to(filled_pool.parent)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop('my_source', None)


def test_the_pages_own_source_trains(working_folder, train, filled_pool):
    (working_folder / 'my_source.py').write_text(code_of('# my_source.py'))
    (hook,) = Config.fromstring(code_of('custom_hooks'), '.py').custom_hooks
    # The tests' pool has two teachers, and views of another seed.
    runner = train(dict(hook, num_teachers=2, view_seed=5), epochs=1)
    source = next(h for h in runner.hooks if type(h).__name__ == 'ClassMeans')
    assert source.last_epoch_divergence > 0 and len(source.teacher_facts()) == 2
    # One clip a class: the mean is that clip's score.
    batch = type('Batch', (), dict(samples=list(range(11))))
    for scores, entry in zip(source.scores(batch), read_pool(filled_pool), strict=True):
        assert torch.equal(scores, torch.from_numpy(Bank(entry.bank).read(0, range(11))))


def test_the_page_names_every_source():
    rows = re.findall(r'^\| `(\w+)` \| `(\w+Hook)` \|', PAGE.read_text(), re.MULTILINE)
    hooks = {name for name in ukd_bench.distill.__all__ if name.endswith('Hook')}
    sources = hooks - {'DistillationHook', 'ReplayHook', 'ResumableHook'}
    assert {hook for _, hook in rows} == sources
    assert {method for method, _ in rows} <= {*METHODS}

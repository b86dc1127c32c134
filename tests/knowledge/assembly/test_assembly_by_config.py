"""How a config names a rule, the documentation's example of an own one included."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config, ConfigDict

from ukd_bench.errors import ConfigError
from ukd_bench.knowledge.assembly import AEKD, FixedWeights, build_rule, rule_name
from ukd_bench.registry import ASSEMBLY_RULES

PAGE = Path(__file__).parents[3] / 'docs' / 'assembly.md'
NONE_OF = (
    'none of aekd, confidence_aware, entropy_weighted, fixed_weights, mean_logit, mean_probability'
)


def code_of(page: str, first_words: str) -> str:
    """The one block of code on a page that begins so."""
    blocks = re.findall(r'^```(?:python)?\n(.*?)^```$', page, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if block.startswith(first_words))
    return found


@pytest.fixture
def own_modules(tmp_path, monkeypatch):
    """A folder on the path; what is imported from it is forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], '__file__', '')).startswith(str(tmp_path)):
            del sys.modules[name]


def refusal(config) -> str:
    with pytest.raises(ConfigError) as caught:
        build_rule(config)
    message = str(caught.value)
    assert '\n' not in message
    return message


def test_a_name_a_dict_and_a_path_give_the_same_rule():
    assert type(build_rule('aekd')) is AEKD
    assert type(build_rule(dict(type='aekd'))) is AEKD
    assert type(build_rule('ukd_bench.knowledge.assembly.AEKD')) is AEKD


def test_arguments_reach_the_rule_and_the_config_stays_as_it_is():
    config = ConfigDict(type='fixed_weights', weights=[2, 1])
    rule = build_rule(config)
    assert isinstance(rule, FixedWeights) and rule.pool_weights == (2, 1)
    assert config == dict(type='fixed_weights', weights=[2, 1])


def test_what_tables_call_a_rule():
    assert rule_name('aekd') == rule_name(dict(type='aekd')) == 'aekd'
    assert rule_name('my_rule.MyRule') == 'my_rule.MyRule'
    weights = ConfigDict(type='fixed_weights', weights=[2, 1])
    assert rule_name(weights) == 'fixed_weights(weights=[2, 1])'
    assert rule_name(dict(b=1, type='my.Rule', a='x')) == "my.Rule(a='x', b=1)"


@pytest.mark.parametrize('name', ['median', '', '.median', 'os', 'os.sep', 'os.PathLike'])
def test_what_is_no_rule_is_refused(name):
    assert refusal(name) == f'rule {name!r} is {NONE_OF} and no path of an AssemblyRule'


@pytest.mark.parametrize('config', [None, 3, {}, dict(weights=[1]), dict(type=3)])
def test_what_names_no_rule_is_refused(config):
    assert refusal(config) == f'rule = {config!r} is {NONE_OF} and has no such type'
    with pytest.raises(ConfigError, match='has no such type'):
        rule_name(config)


def test_a_path_that_leads_nowhere_is_refused():
    assert refusal('no_such.Rule') == (
        f"rule 'no_such.Rule' is {NONE_OF} and cannot be imported: No module named 'no_such'"
    )
    assert "module 'ukd_bench.knowledge' has no attribute 'Rule'" in refusal(
        'ukd_bench.knowledge.Rule'
    )


def test_why_a_users_module_fails_is_said(own_modules):
    (own_modules / 'lacks_package.py').write_text('import no_such_package\n')
    (own_modules / 'misspelt.py').write_text('class Rule(\n')
    assert "cannot be imported: No module named 'no_such_package'" in refusal('lacks_package.Rule')
    assert "and cannot be imported: '(' was never closed" in refusal('misspelt.Rule')


def test_arguments_that_a_rule_does_not_take_are_refused():
    assert refusal(dict(type='mean_logit', weights=[1])).startswith(
        "rule 'mean_logit' takes no arguments: "
    )
    assert refusal('fixed_weights').startswith("rule 'fixed_weights' takes weights: ")
    assert "'ukd_bench.knowledge.assembly.AssemblyRule' takes no arguments: Can't inst" in refusal(
        'ukd_bench.knowledge.assembly.AssemblyRule'
    )


def test_the_page_names_every_rule():
    page = PAGE.read_text()
    assert ASSEMBLY_RULES.module_dict
    for name in ASSEMBLY_RULES.module_dict:
        rows = [row for row in page.splitlines() if row.startswith(f'| `{name}`')]
        assert len(rows) == 2, name
        config = dict(type=name, weights=[2, 1]) if name == 'fixed_weights' else name
        rule = build_rule(config)
        cells = [cell.strip() for cell in rows[1].split('|')]
        needs = [{'yes': True, 'no': False}[cell] for cell in cells[3:5]]
        assert needs == [rule.needs_all_classes, rule.needs_student], name
        assert (cells[2] == 'yes') == needs_labels(rule), name


def needs_labels(rule) -> bool:
    """Whether another label gives another target."""
    scores = torch.tensor([[[4.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]])
    first, second = (
        rule(scores, 1.0, torch.tensor([label]), torch.zeros(1, 3)) for label in (0, 1)
    )
    return not torch.equal(first, second)


def test_the_pages_own_rule_works_as_it_stands(own_modules):
    page = PAGE.read_text()
    (own_modules / 'my_rule.py').write_text(code_of(page, '# my_rule.py'))
    config = code_of(page, 'custom_hooks')
    line = code_of(page, 'rule=').strip()
    written, count = re.subn(r"rule='\w+'", line, config)
    assert count == 1
    (hook,) = Config.fromstring(written, '.py').custom_hooks
    rule = build_rule(hook.rule)
    assert rule_name(hook.rule) == 'my_rule.MostCertain'
    rule.check(hook.num_teachers)
    # The first teacher is the more certain one of the first sample, the second of the second.
    scores = torch.tensor([[[4.0, 0.0], [1.0, 0.0]], [[0.0, 3.0], [0.0, 5.0]]])
    labels = torch.tensor([0, 0])
    targets = rule(scores, hook.temperature, labels)
    wanted = torch.stack([scores[0, 0], scores[1, 1]]) / hook.temperature
    torch.testing.assert_close(targets, wanted.softmax(-1))


@pytest.mark.slow
def test_only_one_rule_needs_scipy():
    """Building it does, so that the first step of a training does not import anything."""
    program = '\n'.join(
        (
            'import sys',
            'from ukd_bench.knowledge.assembly import build_rule',
            "build_rule('confidence_aware')",
            "print('scipy.optimize' in sys.modules)",
            "build_rule('aekd')",
            "print('scipy.optimize' in sys.modules)",
            "print('mmaction' in sys.modules)",
        )
    )
    answer = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert answer.stdout.split() == ['False', 'True', 'False'], answer.stderr[-2000:]

"""What counts as the user's own code, found without importing any of it."""

import sys
from importlib.util import find_spec

import pytest

from ukd_bench.records import user_code
from ukd_bench.records.user_code import changed_sources, user_sources


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes modules below a folder that Python finds modules in."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(**files):
        for name, text in files.items():
            path = tmp_path / f'{name.replace("__", "/", 1)}.py'
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    return write


BROKEN = 'raise RuntimeError("imported")'


def test_modules_that_a_config_names(written):
    written(my_hooks=BROKEN, my_rules=BROKEN, my_models=BROKEN, my_own=BROKEN)
    config = dict(
        custom_hooks=[dict(type='my_hooks.Hook', rule='my_rules.Rule')],
        custom_imports=dict(imports=['my_models'], allow_failed_imports=False),
        model=dict(type='Recognizer3D', backbone=dict(norm='my_own.norm', depths=('a.b', 'small'))),
    )
    assert sorted(user_sources(config)) == ['my_hooks', 'my_models', 'my_own', 'my_rules']
    assert user_sources(dict(custom_imports=dict(imports='my_models'))).keys() == {'my_models'}


def test_the_hash_is_of_the_code_and_not_of_its_place(written, tmp_path):
    written(my_rules='a = 1')
    config = dict(rule='my_rules.Rule')
    before = user_sources(config)
    written(my_rules='a = 2')
    assert user_sources(config) != before
    written(my_rules='a = 1', my_other='a = 1')
    assert user_sources(config) == before


def test_what_they_import_counts_as_well(written):
    text = 'import torch, my_helpers\nfrom my_other.part import x\nimport absent'
    written(my_rules=text, my_helpers='def f():\n    import my_late', my_late=BROKEN)
    written(my_other____init__='from . import part', my_other__part='import my_rules')
    config = dict(rule='my_rules.Rule')
    names = ['my_helpers', 'my_late', 'my_other', 'my_rules']
    before = user_sources(config)
    assert list(before) == names
    written(my_late='')
    after = user_sources(config)
    assert [name for name in names if before[name] != after[name]] == ['my_late']
    written(my_rules='no Python')
    assert list(user_sources(config)) == ['my_rules']


def test_of_a_package_every_module_counts(written):
    written(mine____init__='', mine__rules=BROKEN, mine__used='a = 1')
    before = user_sources(dict(type='mine.rules.Rule'))
    assert list(before) == ['mine']
    written(mine__used='a = 2')
    assert user_sources(dict(type='mine.rules.Rule')) != before


def test_what_is_installed_or_absent_or_the_suites_is_none(written):
    names = ('ukd_bench.UKDHook', 'mmengine.hooks.Hook', 'json.JSONDecoder', 'sys.x', 'absent.X')
    assert user_sources([dict(type=name) for name in names]) == {}
    assert user_sources(dict(type='__main__.Hook', rule=None, custom_imports=None)) == {}


@pytest.mark.parametrize(
    'config',
    [
        dict(model=dict(backbone=dict(activation='my_part.Swish'))),
        dict(custom_hooks=[dict(type='ukd_bench.UKDHook', loss=dict(type='my_part.Loss'))]),
        dict(param_scheduler=[dict(convert=('x', 'my_part.sub.by_epoch'))]),
        [[dict(collate_fn=dict(type='my_part.collate'))]],
    ],
)
def test_a_dotted_path_counts_under_any_key(written, config):
    written(my_part=BROKEN)
    assert [*user_sources(config)] == ['my_part']


@pytest.mark.parametrize('text', ['my_part', 'my_part.', '.my_part', 'my_part.1', 'my_part/x.y'])
def test_what_is_no_dotted_path_names_no_module(written, text):
    written(my_part=BROKEN)
    assert user_sources(dict(type=text)) == {}


def test_a_module_is_looked_for_once(written, monkeypatch):
    written(my_part='')
    asked = []
    monkeypatch.setattr(user_code, 'find_spec', lambda n: asked.append(n) or find_spec(n))
    user_sources([dict(type=f'my_part.{name}') for name in 'abc'] + ['absent.x', 'absent.y'])
    assert sorted(asked) == ['absent', 'my_part']


def test_modules_that_changed_are_named(written, tmp_path):
    written(my_rules='a = 1', my_hooks='a = 1', my_loss='a = 1', my_pack____init__='')
    names = ('my_hooks', 'my_loss', 'my_pack', 'my_rules')
    sources = user_sources([f'{name}.X' for name in names])
    assert tuple(sources) == names and changed_sources(sources) == []
    written(my_rules='a = 2', my_pack__added='')
    (tmp_path / 'my_loss.py').unlink()
    assert changed_sources(sources) == ['my_loss', 'my_pack', 'my_rules']


def test_modules_are_looked_for_in_the_working_folder_as_well(tmp_path, monkeypatch):
    (tmp_path / 'my_here.py').write_text('')
    monkeypatch.setattr(sys, 'path', [*sys.path])
    monkeypatch.chdir(tmp_path)
    assert changed_sources({'my_here': '0' * 64}) == ['my_here']
    (sha256,) = user_sources(['my_here.X']).values()
    assert changed_sources({'my_here': sha256}) == []

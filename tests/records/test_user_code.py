"""What counts as the user's own code, found without importing any of it."""

import ast
import sys
from importlib.machinery import EXTENSION_SUFFIXES
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
            path.parent.mkdir(parents=True, exist_ok=True)
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


def test_a_folder_is_no_module_whatever_it_is_called(written, tmp_path):
    written(my_results__config='a = 1', my_hooks='')
    hook = dict(type='DumpResults', out_file_path='my_results.pkl')
    named = dict(custom_hooks=[hook], custom_imports=dict(imports=['my_results']))
    assert user_sources(named) == {}
    (tmp_path / 'my_results/run').mkdir()
    (tmp_path / 'my_results/run/config.py').write_text('')
    assert user_sources([hook, 'my_results.run']) == {}


def test_in_a_folder_the_modules_that_are_named_or_imported_count(written, tmp_path):
    (tmp_path / 'my_dir/inner').mkdir(parents=True)
    (tmp_path / 'my_dir/inner/deep.py').write_text(f'from ..used import x\n{BROKEN}')
    (tmp_path / 'my_dir/pack/part').mkdir(parents=True)
    (tmp_path / 'my_dir/pack/__init__.py').write_text(BROKEN)
    (tmp_path / 'my_dir/pack/part/x.py').write_text('from ...sibling import y\nfrom . import z')
    written(my_dir__used='from . import pack, absent\nimport my_dir', my_dir__sibling='')
    written(my_dir__unused='')
    config = dict(type='my_dir.inner.deep.Rule')
    names = ['my_dir.inner.deep', 'my_dir.pack', 'my_dir.sibling', 'my_dir.used']
    sources = user_sources(config)
    assert [*sources] == names
    assert user_sources(dict(custom_imports=dict(imports='my_dir.inner.deep'))) == sources
    assert changed_sources(sources) == [] and not [n for n in sys.modules if 'my_dir' in n]
    (tmp_path / 'my_dir/pack/part/x.py').write_text('')
    (tmp_path / 'my_dir/used.py').unlink()
    assert changed_sources(sources) == ['my_dir.pack', 'my_dir.used']
    # Once it is a package, each of its modules counts.
    (tmp_path / 'my_dir/__init__.py').write_text('')
    assert [*user_sources(config)] == ['my_dir'] and changed_sources(sources) == names


@pytest.mark.parametrize('suffix', EXTENSION_SUFFIXES)
def test_compiled_modules_count(written, tmp_path, suffix):
    alone, inside = tmp_path / f'my_fast{suffix}', tmp_path / f'my_pack/loss{suffix}'
    written(my_rules='import my_fast', my_pack____init__='')
    for path in (alone, inside):
        path.write_bytes(b'\x7fELF\0one')
    sources = user_sources(['my_rules.Rule', 'my_pack.loss'])
    assert [*sources] == ['my_fast', 'my_pack', 'my_rules']
    for path in (alone, inside):
        path.write_bytes(b'\x7fELF\0two')
    assert changed_sources(sources) == ['my_fast', 'my_pack']


@pytest.mark.parametrize('folder', ['site-packages', 'dist-packages'])
def test_what_is_installed_anywhere_is_none_of_the_users(written, tmp_path, monkeypatch, folder):
    place = tmp_path / 'home/lib' / folder
    (place / 'theirs').mkdir(parents=True)
    for file in ('theirs/__init__.py', 'their_one.py', f'their_fast{EXTENSION_SUFFIXES[-1]}'):
        (place / file).write_text('')
    monkeypatch.syspath_prepend(str(place))
    written(my_rules='import theirs.part, their_one, their_fast')
    assert [*user_sources(['my_rules.Rule', 'theirs.X'])] == ['my_rules']


def test_a_file_is_parsed_once_as_long_as_it_stays_as_it_is(written, monkeypatch):
    parsed = []
    monkeypatch.setattr(
        user_code.ast, 'parse', lambda text, of_old=ast.parse: parsed.append(text) or of_old(text)
    )
    written(my_rules='a = 1  # parsed once', my_pack____init__='', my_pack__part='b = 1')
    first = user_sources(['my_rules.Rule', 'my_pack.X'])
    assert len(parsed) == 3
    assert user_sources(['my_pack.Y', 'my_rules.Rule']) == first and len(parsed) == 3
    written(my_pack__part='import my_rules')
    assert user_sources(['my_pack.X']).keys() == first.keys() and len(parsed) == 4


@pytest.mark.parametrize('imports', [None, 3, [3, None], [''], '', ['a\0b'], ['..x']])
def test_imports_that_are_none_are_left_to_mmengine(imports):
    assert user_sources(dict(custom_imports=dict(imports=imports))) == {}


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

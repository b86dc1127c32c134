import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.records import execution as provenance


def test_the_fingerprint_changes_with_what_can_change_a_result_alone():
    surroundings = provenance.environment('cpu', 1)
    fingerprint = provenance.execution_fingerprint(surroundings)
    assert len(fingerprint) == 8
    for name, value in (('git', None), ('cores', 999), ('lock_sha256', 'x')):
        assert provenance.execution_fingerprint(surroundings | {name: value}) == fingerprint
    for name, value in (
        ('threads', 2),
        ('precision', 'float16'),
        ('source_sha256', 'x'),
        ('device', {'kind': 'cuda', 'name': 'GPU'}),
        ('packages', surroundings['packages'] | {'torch': '0'}),
    ):
        assert provenance.execution_fingerprint(surroundings | {name: value}) != fingerprint


def test_environment_names_the_processor_and_the_versions():
    surroundings = provenance.environment('cpu', 3)
    assert surroundings['device']['kind'] == 'cpu' and surroundings['device']['name']
    assert surroundings['threads'] == 3
    assert {'torch', 'mmengine', 'numpy'} < set(surroundings['packages'])


def test_an_unknown_device_is_named():
    with pytest.raises(ConfigError, match="device 'tpu' is none of cpu, cuda"):
        provenance.device_name('tpu')


def test_no_git_state_outside_a_clone(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, 'PACKAGE', tmp_path / 'package')
    provenance.git_state.cache_clear()
    try:
        assert provenance.git_state() is None
    finally:
        provenance.git_state.cache_clear()

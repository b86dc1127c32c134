"""What a config may name; MMEngine swallows the errors of imports that a registry triggers."""

import importlib
import subprocess
import sys

import pytest

from ukd_bench import registry

REGISTRIES = (
    'DATASETS', 'TRANSFORMS', 'MODELS', 'HOOKS', 'METRICS', 'ENHANCEMENTS', 'ASSEMBLY_RULES',
    'LOSSES', 'VISBACKENDS',
)  # fmt: skip
NAMES = {
    'DATASETS': ('ARIDDataset',),
    'TRANSFORMS': ('DrawView', 'EvaluationViews', 'ViewFrames', 'ViewCrop', 'OpenFlow'),
    'MODELS': (
        'LowLightPreprocessor', 'TwoStreamBackbone', 'SplitStreams', 'LateFusionHead',
        'TorchvisionVideo',
    ),
    'HOOKS': (
        'ReplayHook', 'UKDHook', 'NaiveEnsembleHook', 'NaiveGraphHook', 'SwapHook', 'ChainHook',
        'RandomTeacherHook', 'MutualHook', 'ShuffledHook', 'ShuffledAcrossHook', 'PrecomputedHook',
        'MeasureHook', 'ChannelsLastHook',
    ),
    'METRICS': ('ClipScores',),
    'VISBACKENDS': ('ByEpoch',),
}  # fmt: skip

# MMEngine imports a scope's registry by itself.
RESOLVE = """
import sys
from mmengine.registry import (
    DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS, VISBACKENDS, DefaultScope,
)
assert not any(name.startswith('ukd_bench') for name in sys.modules)
with DefaultScope.overwrite_default_scope('mmaction'):
    for kind, name in {pairs!r}:
        found = globals()[kind].get('ukd_bench.' + name)
        assert found is not None and found.__module__.startswith('ukd_bench.'), (kind, name)
print('resolved')
"""


@pytest.mark.parametrize('name', REGISTRIES)
def test_every_location_imports_and_registers_something(name):
    one = getattr(registry, name)
    assert one._locations
    for location in one._locations:
        module = importlib.import_module(location)
        own = [
            kind for kind in one.module_dict.values() if kind.__module__.startswith(module.__name__)
        ]
        assert own, f'{location} registers nothing in {name}'


def test_no_registry_is_left_out():
    found = {name for name, value in vars(registry).items() if isinstance(value, registry.Registry)}
    assert {name for name in found if not name.startswith('MMENGINE')} == set(REGISTRIES)


@pytest.mark.slow
def test_names_resolve_in_a_plain_mmaction_config():
    pairs = [(kind, name) for kind in NAMES for name in registered(kind)]
    answer = subprocess.run(
        [sys.executable, '-c', RESOLVE.format(pairs=pairs)], capture_output=True, text=True
    )
    assert answer.stdout.strip() == 'resolved', answer.stderr[-2000:]


@pytest.mark.parametrize('kind', sorted(NAMES))
def test_names_that_shipped_configs_use_stay(kind):
    assert set(NAMES[kind]) <= set(registered(kind))


def registered(kind):
    one = getattr(registry, kind)
    for location in one._locations:
        importlib.import_module(location)
    return sorted(one.module_dict)

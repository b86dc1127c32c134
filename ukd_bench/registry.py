"""The suite's MMEngine registries of all that a config may name as ``type='ukd_bench.X'``.

Each is a child of MMEngine's root registry of that kind, so the prefix resolves in any MMAction2
config without ``custom_imports``.
"""

from mmengine.registry import (
    DATASETS as MMENGINE_DATASETS,
    HOOKS as MMENGINE_HOOKS,
    METRICS as MMENGINE_METRICS,
    MODELS as MMENGINE_MODELS,
    TRANSFORMS as MMENGINE_TRANSFORMS,
    Registry,
)

SCOPE = 'ukd_bench'

DATASETS = Registry(
    'dataset', parent=MMENGINE_DATASETS, scope=SCOPE, locations=['ukd_bench.data.arid.dataset']
)
TRANSFORMS = Registry(
    'transform',
    parent=MMENGINE_TRANSFORMS,
    scope=SCOPE,
    locations=[
        'ukd_bench.data.views.draw',
        'ukd_bench.data.video.steps',
        'ukd_bench.data.flow.steps',
    ],
)
MODELS = Registry(
    'model',
    parent=MMENGINE_MODELS,
    scope=SCOPE,
    locations=['ukd_bench.enhance', 'ukd_bench.models'],
)
HOOKS = Registry(
    'hook',
    parent=MMENGINE_HOOKS,
    scope=SCOPE,
    locations=['ukd_bench.distill', 'ukd_bench.measure.measure_hook', 'ukd_bench.models'],
)
METRICS = Registry(
    'metric', parent=MMENGINE_METRICS, scope=SCOPE, locations=['ukd_bench.measure.prediction']
)
ASSEMBLY_RULES = Registry('rule', scope=SCOPE, locations=['ukd_bench.knowledge.assembly'])
ENHANCEMENTS = Registry('enhancement', scope=SCOPE, locations=['ukd_bench.enhance'])

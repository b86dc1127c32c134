"""What of a config enters a key: everything but a list of places."""

import json
import re
from pathlib import Path

import pytest
from mmengine.config import Config

from ukd_bench.distill import UKDHook
from ukd_bench.files.configs import configs_root
from ukd_bench.files.hashes import canonical_json, digest
from ukd_bench.methods.table import METHOD_TABLE
from ukd_bench.records.key import (
    OPEN_FLOW,
    OPEN_VIDEO,
    holds_step,
    scientific,
    scientific_dataset,
    scientific_part,
)

ROOT = configs_root()
CONFIGS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.rglob('*.py')
    if path.relative_to(ROOT).parts[0] not in ('_base_', 'claims', 'sweeps')
)
LEFT_OUT = [
    r'(data_root|pool|work_dir|launcher|log_level|log_processor|visualizer|vis_backends)\b.*',
    r'(train|val|test)_dataloader\.(num_workers|persistent_workers|pin_memory)',
    r'(train|val|test)_dataloader\.dataset\.(data_root|ann_file|edition)',
    r'(train|val|test)_dataloader\.dataset\.data_prefix\..*',
    # The first step of each pipeline opens videos, and a second opens flow.
    r'((train|val|test)_dataloader\.dataset\.pipeline|(train|test)_pipeline)\.0\.cache',
    r'((train|val|test)_dataloader\.dataset\.pipeline|(train|test)_pipeline)\.1\.flow_root',
    r'flow\.flow_root',
    r'custom_hooks\.0\.(pool|previous)',
    r'default_hooks\.checkpoint\..*',
    # Another hook in its place may do anything.
    r'default_hooks\.logger\.(?!type).*',
]
"""The places that do not count, for the shipped configs with all places filled in."""


def filled(path: str) -> tuple[dict, str | None]:
    """A shipped config with a value at all places, and the hook of its method."""
    config = Config.fromfile(ROOT / path).to_dict()
    config |= dict(work_dir='w', launcher='none', vis_backends=['v'], pool=['p'])
    config['val_dataloader'] = json.loads(json.dumps(config['test_dataloader']))
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        config[name]['pin_memory'] = False
        config[name]['dataset'] |= dict(ann_file='a', edition='v1.0', data_prefix=dict(video='d'))
    for part in dicts(config):
        if part.get('type') == OPEN_VIDEO:
            part['cache'] = '/frames'
        if part.get('type') == OPEN_FLOW:
            part['flow_root'] = '/flow'
    method = METHOD_TABLE.get(Path(path).parent.name)
    hook = method.hook if method else None
    if hook is not None:
        config['custom_hooks'][0] |= dict(pool='p', previous='w')
    # What is another's counts, whatever it is called.
    names = ('pool', 'previous', 'cache', 'flow_root', 'edition', 'num_workers', 'data_root')
    others = dict.fromkeys(names, 'x')
    config['custom_hooks'].append(dict(type='my.Hook', **others))
    config['model']['backbone'] |= others
    return config, hook


def dicts(part):
    if isinstance(part, dict):
        yield part
    for value in part.values() if isinstance(part, dict) else part:
        if isinstance(value, (dict, list, tuple)):
            yield from dicts(value)


def leaves(part, where=''):
    """Each value that holds no others: its holder, its key there and its dotted key."""
    for key in part if isinstance(part, dict) else range(len(part)):
        if isinstance(part[key], (dict, list)) and part[key]:
            yield from leaves(part[key], f'{where}{key}.')
        else:
            yield part, key, f'{where}{key}'


def other(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value * 2 + 1
    return f'{value}x'


@pytest.mark.parametrize('path', CONFIGS)
def test_every_leaf_of_a_shipped_config_counts_but_for_the_places(path):
    config, hook = filled(path)
    # Tuples could not be changed in place.
    config = json.loads(json.dumps(config))
    before, places, counted = digest(scientific(config, hook)), set(), 0
    for holder, key, where in leaves(config):
        value, holder[key] = holder[key], other(holder[key])
        changes = digest(scientific(config, hook)) != before
        holder[key] = value
        matched = [place for place in LEFT_OUT if re.fullmatch(place, where)]
        assert changes != bool(matched), where
        places.update(matched)
        counted += changes
    assert digest(scientific(config, hook)) == before
    assert counted > 80
    # Not each config reads flow or has teachers; all other places are in all.
    absent = set() if 'flow_darkroom' in path or 'rgb_flow' in path else {*LEFT_OUT[5:7]}
    absent |= {LEFT_OUT[7]} if hook is None else set()
    assert places == {*LEFT_OUT} - absent


def test_what_two_configs_differ_in_elsewhere_counts():
    def key(**changes):
        config = dict(
            model=dict(backbone=dict(type='My', pool='max')),
            custom_hooks=[dict(type='ukd_bench.UKDHook', pool='/a', previous='/b', weight=0.9)],
            train_dataloader=dict(dataset=dict(type='My', data_root='/a', cache='a')),
        )
        return digest(scientific(config | changes, 'ukd_bench.UKDHook'))

    before = key()
    assert key(model=dict(backbone=dict(type='My', pool='avg'))) != before
    assert key(train_dataloader=dict(dataset=dict(type='My', cache='b'))) != before
    assert key(train_dataloader=dict(dataset=dict(type='My', data_root='/b', cache='a'))) == before
    same = dict(type='ukd_bench.UKDHook', pool='/c', previous='/d', weight=0.9)
    assert key(custom_hooks=[same]) == before
    assert key(custom_hooks=[same, dict(type='my.Hook', pool='/a')]) != key(
        custom_hooks=[same, dict(type='my.Hook', pool='/b')]
    )


@pytest.mark.parametrize('kind', ['ukd_bench.UKDHook', 'ukd_bench.distill.UKDHook', UKDHook])
def test_a_methods_hook_is_known_by_all_its_names(kind):
    config = dict(custom_hooks=[dict(type=kind, pool='/a', weight=0.5)])
    (hook,) = scientific(config, 'ukd_bench.UKDHook')['custom_hooks']
    assert hook.keys() == {'type', 'weight'}
    (hook,) = scientific(config)['custom_hooks']
    assert hook.keys() == {'type', 'weight', 'pool'}


@pytest.mark.parametrize(
    ('hooks', 'same'),
    [
        (dict(checkpoint=dict(type='CheckpointHook', interval=5), logger=None), dict(logger=None)),
        (dict(checkpoint=None), {}),
        (dict(logger=dict(type='LoggerHook', interval=5)), {}),
    ],
)
def test_hooks_that_leave_nothing_in_a_result_do_not_count(hooks, same):
    assert scientific(dict(default_hooks=hooks)) == dict(default_hooks=same)


@pytest.mark.parametrize(
    'hooks', [dict(logger=dict(type='my.LoggerHook')), dict(timer=dict(type='LoggerHook')), 'none']
)
def test_any_other_default_hook_counts(hooks):
    assert scientific(dict(default_hooks=hooks)) == dict(default_hooks=hooks)


def test_the_config_itself_stays_as_it_is():
    config = dict(
        data_root='/here',
        train_dataloader=dict(num_workers=2, dataset=dict(ann_file='a', split=1)),
        test_dataloader=None,
        custom_hooks=[dict(type='my.Hook', pool='p')],
        load_from='a.pth',
        shape=(1, 2),
        kind=Path,
    )
    before = dict(config, train_dataloader=dict(num_workers=2, dataset=dict(ann_file='a', split=1)))
    plain = scientific(config, 'my.Hook', {'a.pth': 'cafe'})
    assert plain == dict(
        train_dataloader=dict(dataset=dict(split=1)),
        test_dataloader=None,
        custom_hooks=[dict(type='my.Hook')],
        load_from='sha256:cafe',
        shape=[1, 2],
        kind=f'{Path.__module__}.Path',
    )
    assert config == before and config['custom_hooks'] == [dict(type='my.Hook', pool='p')]
    assert json.loads(canonical_json(plain)) == plain


def test_parts_of_a_config_go_by_the_same_places():
    steps = [
        dict(type=OPEN_VIDEO, short_side=72, cache='c'),
        dict(type=OPEN_FLOW, flow_root='f'),
        dict(type='My', cache='c', flow_root='f', edition='e'),
    ]
    plain = [dict(type=OPEN_VIDEO, short_side=72), dict(type=OPEN_FLOW), steps[2]]
    assert scientific_part(tuple(steps)) == plain
    dataset = dict(type='A', data_root='r', edition='e', split=1, pipeline=steps)
    assert scientific_dataset(dataset) == dict(type='A', split=1, pipeline=plain)
    assert holds_step(dict(dataset=dataset), OPEN_FLOW)
    assert not holds_step([steps[0], 'ukd_bench.OpenFlow'], OPEN_FLOW)

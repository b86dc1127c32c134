"""The page on pipeline steps: its examples run, and its tables are what the steps do."""

import inspect
import re

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import TRANSFORMS, DefaultScope

from ukd_bench.data.flow.make import FlowSettings, make_flow
from ukd_bench.data.flow.settings import PARAMETERS
from ukd_bench.data.views.protocols import PROTOCOLS
from ukd_bench.data.views.replay import ReplayedPipeline, build_pipeline
from ukd_bench.registry import TRANSFORMS as OWN

from ..pages import DOCS, code_of, rows_of

PAGE = 'pipeline_steps.md'
TRAIN, TEST, MIXED = (
    "train_pipeline = [\n    dict(type='ukd_bench.OpenVideo",
    'test_pipeline',
    "train_pipeline = [\n    dict(type='DecordInit",
)
FLOW = dict(algorithm='farneback', bound=8.0)


class Noted(dict):
    """Notes which of its keys are read."""

    def __init__(self, content):
        super().__init__(content)
        self.read = set()

    def __getitem__(self, key):
        self.read.add(key)
        return super().__getitem__(key)

    def pop(self, key):
        self.read.add(key)
        return super().pop(key)


def pipeline_of(begin):
    """The steps of one of the page's examples."""
    (steps,) = (
        value
        for name, value in Config.fromstring(code_of(PAGE, begin), '.py').items()
        if name.endswith('pipeline')
    )
    return [step.to_dict() for step in steps]


@pytest.fixture
def clip(dark_root):
    video = next(dark_root.glob('*/*.avi'))
    return dict(
        filename=str(video), video_id=video.relative_to(dark_root).as_posix(),
        sample_idx=3, label=1, start_index=0, modality='RGB',
    )  # fmt: skip


@pytest.mark.parametrize(('begin', 'views'), [(TRAIN, 1), (TEST, 30), (MIXED, 1)])
def test_the_examples_give_clips(begin, views, clip):
    replayed = ReplayedPipeline(build_pipeline(pipeline_of(begin), seed=0), seed=0)
    first, second = (replayed(dict(clip)) for _ in range(2))
    assert first['inputs'].shape == (views, 3, 8, 112, 112)
    assert first['inputs'].dtype == torch.uint8
    assert torch.equal(first['inputs'], second['inputs'])
    replayed.set_view(1)
    assert torch.equal(first['inputs'], replayed(dict(clip))['inputs']) == (begin == TEST)


def test_what_each_step_reads_adds_and_takes_away(clip, dark_root, tmp_path):
    make_flow(dark_root, tmp_path / 'flow', [clip['video_id']], FlowSettings(**FLOW))
    flow = dict(type='ukd_bench.OpenFlow', **FLOW, flow_root=str(tmp_path / 'flow'))
    table = rows_of(PAGE, 'What each reads and adds')
    seen = set()
    for begin in (TRAIN, TEST):
        results = Noted(clip | dict(view_id=(0, 0, 3)))
        first, *others = pipeline_of(begin)
        for step in (first, flow, *others):
            name = step['type'].removeprefix('ukd_bench.')
            if name not in OWN.module_dict:
                break
            before, results.read = dict(results), set()
            with DefaultScope.overwrite_default_scope('mmaction'):
                results = TRANSFORMS.build(step)(results)
            added = {key for key in results if results.get(key) is not before.get(key, ...)}
            reads, adds, takes = ({*filter(None, cell.split(', '))} for cell in table[name])
            # It has no cache here, which alone would go by the name.
            unread = {'video_id'} if name == 'OpenVideo' else set()
            assert results.read & before.keys() == reads - unread, name
            assert (added, before.keys() - results.keys()) == (adds, takes), name
            seen.add(name)
    assert seen == {*table} == {*OWN.module_dict}


def test_every_argument_and_its_default():
    rows = [
        [cell.strip(' `') for cell in line.strip('|').split('|')]
        for line in (DOCS / PAGE).read_text().partition('## Arguments')[2].splitlines()
        if line.startswith('| `')
    ]
    told = [(step, argument, default) for step, argument, default, _ in rows]
    assert told == [
        (step, argument.name, '' if argument.default is argument.empty else repr(argument.default))
        for step in dict.fromkeys(step for step, *_ in told)
        for argument in inspect.signature(OWN.get(step)).parameters.values()
    ]
    assert {step for step, *_ in told} == {*OWN.module_dict} - {'TakeFrames'}
    meanings = {(step, argument): meaning for step, argument, _, meaning in rows}
    for (step, argument), names in (
        (('OpenFlow', 'algorithm'), PARAMETERS),
        (('EvaluationViews', 'protocol'), PROTOCOLS),
    ):
        assert {*names} <= {*re.findall(r'\w+', meanings[step, argument])}


def test_without_frames_there_are_no_views_but_the_whole(clip):
    """The page says so of a pipeline that begins with MMAction2's own step."""
    own, decord = pipeline_of(TEST), pipeline_of(MIXED)
    steps = [decord[0], own[1], own[2], decord[3], *own[4:]]
    with pytest.raises(KeyError, match='video'):
        build_pipeline(steps, seed=0)(dict(clip))
    steps[1]['protocol'] = 'center'
    assert build_pipeline(steps, seed=0)(dict(clip))['inputs'].shape[0] == 1

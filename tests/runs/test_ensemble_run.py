"""A run that tests an ensemble: each teacher's rendering, each rendering's clips once."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from mmengine.config import Config

from ukd_bench.errors import LimitError
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.knowledge.teacher import Teacher
from ukd_bench.measure.memory.phases import PhaseMemory
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.spec import RunSpec
from ukd_bench.runs import ensemble as ensemble_run
from ukd_bench.runs.ensemble import evaluate_ensemble
from ukd_bench.runs.facts import RunFacts

pytestmark = pytest.mark.slow

SPEC = RunSpec(
    key='k', execution='e', method='ensemble', student=None, teacher=None, num_teachers=2, seed=0,
    split=1, epochs=0, full_epochs=0, view_seed=5, num_views=1, device='cpu', threads=1,
    parents=(), data_name='dark', synthetic=True, config_sha256='c',
)  # fmt: skip
CLIPS = 11


class Counted:
    """A pipeline that counts the clips that it renders."""

    def __init__(self, pipeline):
        self.pipeline, self.rendered = pipeline, 0

    def __call__(self, info):
        self.rendered += 1
        return self.pipeline(info)


@pytest.fixture
def make_run(tmp_path, teacher_files, train_dataset):
    """Writes the folder of an ensemble's run; teachers' frames are of the sizes."""

    def make(protocol: str, sizes: tuple[int, int]) -> tuple[RunPaths, list[dict]]:
        shutil.copytree(teacher_files, tmp_path / 'sweep')
        datasets = []
        for entry, size in zip(read_pool(tmp_path / 'sweep' / 'pool.json'), sizes, strict=True):
            pipeline = [
                dict(type='ukd_bench.OpenVideo', short_side=64),
                dict(type='ukd_bench.EvaluationViews', protocol=protocol),
                dict(type='ukd_bench.ViewFrames', clip_len=4),
                dict(type='ukd_bench.TakeFrames'),
                dict(type='ukd_bench.ViewCrop', size=size),
                dict(type='FormatShape', input_format='NCTHW'),
                dict(type='PackActionInputs', meta_keys=('video_id',)),
            ]
            datasets.append(dict(train_dataset, subset='test', test_mode=True, pipeline=pipeline))
            config = Config.fromfile(entry.config)
            config.test_dataloader = dict(dataset=datasets[-1])
            config.dump(entry.config)
        paths = RunPaths(tmp_path / 'sweep' / 'run')
        paths.root.mkdir()
        pool = str(tmp_path / 'sweep' / 'pool.json')
        config = dict(test_dataloader=dict(dataset=datasets[0]), pool=pool)
        Config(config).dump(paths.config)
        return paths, datasets

    return make


@pytest.fixture
def seen(monkeypatch):
    """Counts clips by data set, and notes how many are scored at a time."""
    pipelines, batches = [], []
    build, score = ensemble_run.build_dataset, ensemble_run._scores

    def counted(config):
        dataset = build(config)
        dataset.pipeline = Counted(dataset.pipeline)
        pipelines.append(dataset.pipeline)
        return dataset

    def noted(teachers, inputs):
        batches.append([len(clips) for clips in inputs])
        return score(teachers, inputs)

    monkeypatch.setattr(ensemble_run, 'build_dataset', counted)
    monkeypatch.setattr(ensemble_run, '_scores', noted)
    return pipelines, batches


def all_at_once(paths, datasets, build_dataset):
    """The ensemble's scores from all views of all clips in one list a teacher."""
    parts = []
    for entry, config in zip(read_pool(paths.root.parent / 'pool.json'), datasets, strict=True):
        dataset = build_dataset(config)
        clips = [dataset[n]['inputs'] for n in range(len(dataset))]
        views = [clip[view : view + 1] for clip in clips for view in range(len(clip))]
        scores = Teacher.of(entry).score(views)
        parts.append(torch.softmax(scores.unflatten(0, (len(dataset), -1)), dim=-1))
    return torch.stack(parts).mean(dim=(0, 2)).numpy()


def test_one_that_takes_too_long_ends_between_batches(make_run, seen, monkeypatch):
    paths, _ = make_run('clips10_crops3', (32, 32))
    clock = iter(range(0, 10_000, 100))
    monkeypatch.setattr(ensemble_run.time, 'perf_counter', lambda: float(next(clock)))
    memory = PhaseMemory(torch.device('cpu'))
    with pytest.raises(LimitError, match=r'the limit of a run, after 1 of 11 test clips;'):
        evaluate_ensemble(paths, replace(SPEC, limit_s=250.0), memory, RunFacts())
    # It began at 0 and the phase at 100.
    assert seen[1] == [[1, 1]]


@pytest.mark.parametrize(
    'protocol, views, sizes, renderings',
    [
        ('center', 1, (32, 32), 1),
        ('center', 1, (32, 24), 2),
        ('clips10_crops3', 30, (32, 32), 1),
    ],
)
def test_each_rendering_is_made_once(
    make_run, seen, build_dataset, protocol, views, sizes, renderings
):
    paths, datasets = make_run(protocol, sizes)
    facts, memory = RunFacts(), PhaseMemory(torch.device('cpu'))
    evaluate_ensemble(paths, SPEC, memory, facts)
    pipelines, batches = seen
    # And a clip for the number of views, and one for each network's FLOPs.
    assert [one.rendered for one in pipelines] == [CLIPS + 1 + 2 // renderings] * renderings
    assert batches == ([[CLIPS] * 2] if views == 1 else [[1] * 2] * CLIPS)
    assert facts.protocol['views'] == views and len(facts.teachers) == 2
    assert facts.dataset['test_samples'] == CLIPS and facts.time['eval_s'] > 0
    scores = np.load(paths.scores)['scores']
    assert np.array_equal(scores, all_at_once(paths, datasets, build_dataset))

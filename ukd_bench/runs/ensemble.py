"""Runs that test an ensemble."""

import time
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..data.dataset import ReplayableSet, build_dataset
from ..data.fingerprint import dataset_classes
from ..data.views.rendering import rendering_fingerprint, teacher_test_pipeline
from ..files.configs import read_config
from ..files.hashes import file_sha256
from ..knowledge.identity import teacher_config
from ..knowledge.pool import read_pool, teacher_facts
from ..knowledge.teacher import MICRO_BATCH, Teacher
from ..measure.memory.phases import PhaseMemory
from ..measure.prediction import accuracies, first_clip, inference_flops
from ..records.folder import RunPaths
from ..records.spec import RunSpec
from .facts import RunFacts, dataset_facts, protocol_facts, write_scores
from .limit import require_within_limit
from .selection import selection_rule


def evaluate_ensemble(paths: RunPaths, spec: RunSpec, memory: PhaseMemory, facts: RunFacts) -> None:
    """Tests K teachers together: the mean of their class probabilities on every test clip."""
    started = time.perf_counter()
    config = read_config(paths.config)
    pool = read_pool(config.pool, spec.num_teachers)
    test_set = config.test_dataloader.dataset.to_dict()
    facts.selection, facts.protocol = selection_rule(config), protocol_facts(test_set)
    with memory.phase('init'):
        # Each teacher sees the protocol's views in its own rendering; those that share one share
        # its clips.
        pipelines = [
            teacher_test_pipeline(test_set['pipeline'], teacher_config(entry)) for entry in pool
        ]
        seen_as = [rendering_fingerprint(pipeline) for pipeline in pipelines]
        datasets = {
            rendering: build_dataset(dict(test_set, pipeline=pipeline))
            for rendering, pipeline in dict(zip(seen_as, pipelines, strict=True)).items()
        }
        tested = datasets[seen_as[0]]
        classes = dataset_classes(tested)
        teachers = [Teacher.of(entry, spec.device, classes) for entry in pool]
    facts.teachers = [
        teacher_facts(entry, teacher.state_bytes)
        for entry, teacher in zip(pool, teachers, strict=True)
    ]
    views = max(len(first_clip(dataset)['inputs'][0]) for dataset in datasets.values())
    parts: list[Tensor] = []
    labels: list[int] = []
    samples: list[str] = []
    began = time.perf_counter()
    with memory.phase('eval'):
        for batches in _batches(datasets, max(1, MICRO_BATCH // views)):
            spent_s = time.perf_counter() - started
            require_within_limit(spec, spent_s, f'after {len(labels)} of {len(tested)} test clips')
            inputs = [batches[rendering]['inputs'] for rendering in seen_as]
            parts.append(_scores(teachers, inputs))
            data_samples = batches[seen_as[0]]['data_samples']
            labels += [int(sample.gt_labels.item) for sample in data_samples]
            samples += [sample.video_id for sample in data_samples]
        scores_NC = _mean_probability(torch.cat(parts, dim=1))
    facts.time.update(eval_s=time.perf_counter() - began)
    labels_N = np.array(labels)
    write_scores(paths.scores, scores_NC, labels_N, np.array(samples))
    facts.hashes.update(scores=file_sha256(paths.scores))
    facts.metrics = accuracies(scores_NC, labels_N)
    facts.counts.update(
        teacher_forwards=Teacher.forwards_in_process,
        parameters=sum(p.numel() for t in teachers for p in t.model.parameters()),
        inference_flops=sum(
            inference_flops(teacher.model, first_clip(datasets[rendering]))
            for teacher, rendering in zip(teachers, seen_as, strict=True)
        ),
    )
    facts.dataset = dataset_facts(spec, test=tested)


def _batches(datasets: dict[str, ReplayableSet], clips: int) -> Iterator[dict[str, dict[str, Any]]]:
    """Batches of a few clips at a time, the same clips in every rendering, by rendering."""
    loaders: list[DataLoader[dict[str, Any]]] = [
        DataLoader(
            cast(Dataset[dict[str, Any]], dataset), batch_size=clips, collate_fn=pseudo_collate
        )
        for dataset in datasets.values()
    ]
    for batches in zip(*loaders, strict=True):
        yield dict(zip(datasets, batches, strict=True))


def _scores(teachers: list[Teacher], inputs: list[list[Tensor]]) -> Tensor:
    """(K, N, M, C) scores of K teachers for M views of N clips.

    Args:
        teachers: The K teachers.
        inputs: For each teacher the N clips, all views of each, in its rendering.
    """
    return torch.stack(
        [_score_views(teacher, clips) for teacher, clips in zip(teachers, inputs, strict=True)]
    )


def _mean_probability(scores_KNMC: Tensor) -> np.ndarray:
    """(N, C) mean of class probabilities over teachers and views.

    It is taken of all clips at once: the order of a sum may depend on whether there is one clip or
    several.
    """
    return torch.softmax(scores_KNMC, dim=-1).mean(dim=(0, 2)).numpy()


def _score_views(teacher: Teacher, clips: list[Tensor]) -> Tensor:
    """(N, M, C) scores of M views of N clips."""
    # One view an entry, so that teachers score them in micro-batches however many there are.
    views = [clip[view : view + 1] for clip in clips for view in range(len(clip))]
    return teacher.score(views).unflatten(0, (len(clips), -1))

"""Runs that test an ensemble."""

import time
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from torch import Tensor
from torch.utils.data import DataLoader

from ..datasets.fingerprint import dataset_classes
from ..datasets.rendering import teacher_test_pipeline
from ..knowledge.fill import build_dataset
from ..knowledge.identity import teacher_config
from ..knowledge.pool import PoolEntry, read_pool, teacher_facts
from ..knowledge.teacher import MICRO_BATCH, Teacher
from ..measure.flops import first_clip, inference_flops
from ..measure.memory import PhaseMemory
from ..measure.scores import accuracies
from ..paths import RunPaths, SweepPaths
from ..spec import RunSpec
from .facts import RunFacts, dataset_facts, protocol_facts, write_scores
from .selection import selection_rule


def evaluate_ensemble(paths: RunPaths, spec: RunSpec, memory: PhaseMemory) -> RunFacts:
    """Tests K teachers together: the mean of their class probabilities on every test clip."""
    config = Config.fromfile(paths.config)
    pool = read_pool(SweepPaths(paths.root.parent).pool, spec.num_teachers)
    test_set = config.test_dataloader.dataset.to_dict()
    with memory.phase('init'):
        # Each teacher sees the protocol's views in its own rendering.
        datasets = [_as_seen_by(entry, test_set) for entry in pool]
        classes = dataset_classes(datasets[0])
        teachers = [Teacher.of(entry, spec.device, classes) for entry in pool]
    loaders = [
        DataLoader(dataset, batch_size=MICRO_BATCH, collate_fn=pseudo_collate)
        for dataset in datasets
    ]
    scores, labels, samples = [], [], []
    began = time.perf_counter()
    with memory.phase('eval'):
        for batches in zip(*loaders, strict=True):
            inputs = [batch['inputs'] for batch in batches]
            scores.append(_mean_probability(teachers, inputs))
            data_samples = batches[0]['data_samples']
            labels += [int(sample.gt_labels.item) for sample in data_samples]
            samples += [sample.video_id for sample in data_samples]
    seconds = time.perf_counter() - began
    scores_NC, labels_N = np.concatenate(scores), np.array(labels)
    write_scores(paths.scores, scores_NC, labels_N, np.array(samples))
    return RunFacts(
        metrics=accuracies(scores_NC, labels_N),
        time=dict(eval_s=seconds),
        counts=dict(
            teacher_forwards=Teacher.forwards_in_process,
            parameters=sum(p.numel() for t in teachers for p in t.model.parameters()),
            inference_flops=sum(
                inference_flops(teacher.model, first_clip(dataset))
                for teacher, dataset in zip(teachers, datasets, strict=True)
            ),
        ),
        teachers=[
            teacher_facts(entry, teacher.state_bytes)
            for entry, teacher in zip(pool, teachers, strict=True)
        ],
        dataset=dataset_facts(spec, test=datasets[0]),
        protocol=protocol_facts(test_set),
        selection=selection_rule(config),
    )


def _as_seen_by(entry: PoolEntry, test_set: dict) -> Any:
    pipeline = teacher_test_pipeline(test_set['pipeline'], teacher_config(entry))
    return build_dataset(dict(test_set, pipeline=pipeline))


def _mean_probability(teachers: list[Teacher], inputs: list[list[Tensor]]) -> np.ndarray:
    """(N, C) mean of class probabilities over teachers, and over the views of each clip.

    Args:
        teachers: K.
        inputs: For each teacher the N clips, all views of each, in its rendering.
    """
    scores_KNMC = torch.stack(
        [_score_views(teacher, clips) for teacher, clips in zip(teachers, inputs, strict=True)]
    )
    return torch.softmax(scores_KNMC, dim=-1).mean(dim=(0, 2)).numpy()


def _score_views(teacher: Teacher, clips: list[Tensor]) -> Tensor:
    """(N, M, C) scores of M views of N clips."""
    # One view an entry, so that teachers score them in micro-batches however many there are.
    views = [clip[view : view + 1] for clip in clips for view in range(len(clip))]
    return teacher.score(views).unflatten(0, (len(clips), -1))

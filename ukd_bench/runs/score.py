"""Runs that only score: filling a bank, testing an ensemble."""

import time

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from ..knowledge.fill import build_dataset, fill
from ..knowledge.pool import read_pool, teacher_facts
from ..knowledge.teacher import MICRO_BATCH, Teacher
from ..measure.flops import first_clip, inference_flops
from ..measure.memory import PhaseMemory
from ..measure.scores import accuracies
from ..paths import RunPaths, SweepPaths
from ..spec import RunSpec
from .facts import RunFacts, dataset_facts, protocol_facts, write_scores
from .selection import selection_rule


def fill_bank(paths: RunPaths, spec: RunSpec, memory: PhaseMemory) -> RunFacts:
    """Loads the run's teacher alone and scores every view of the training set."""
    pool = read_pool(SweepPaths(paths.root.parent).pool)
    entry = next(teacher for teacher in pool if teacher.name == spec.teacher)
    config = Config.fromfile(paths.config)
    began = time.perf_counter()
    with memory.phase('fill'):
        bank = fill(
            entry,
            config.train_dataloader.dataset.to_dict(),
            spec.view_seed,
            spec.num_views,
            spec.device,
            config.train_dataloader.num_workers,
            progress=lambda done, total: print(f'view {done} of {total}', flush=True),
        )
    return RunFacts(
        time=dict(fill_s=time.perf_counter() - began),
        hashes=dict(bank=bank.manifest['scores_sha256']),
        counts=dict(teacher_forwards=Teacher.forwards_in_process),
        teachers=[teacher_facts(entry, bank.teacher['state_bytes'])],
        knowledge=dict(num_views=bank.num_views, bank_bytes=bank.scores_bytes),
        dataset=dict(
            name=spec.data_name,
            synthetic=spec.synthetic,
            fingerprint=bank.manifest['identity']['dataset'],
            train_samples=bank.manifest['shape'][1],
        ),
        batch_size=MICRO_BATCH,
        selection=selection_rule(config),
    )


def evaluate_ensemble(paths: RunPaths, spec: RunSpec, memory: PhaseMemory) -> RunFacts:
    """Tests K teachers together: the mean of their class probabilities on every test clip."""
    config = Config.fromfile(paths.config)
    pool = read_pool(SweepPaths(paths.root.parent).pool, spec.num_teachers)
    with memory.phase('init'):
        teachers = [Teacher(entry.config, entry.checkpoint, spec.device) for entry in pool]
        dataset = build_dataset(config.test_dataloader.dataset.to_dict())
    loader = DataLoader(dataset, batch_size=MICRO_BATCH, collate_fn=pseudo_collate)
    scores, labels, samples = [], [], []
    began = time.perf_counter()
    with memory.phase('eval'):
        for batch in loader:
            scores.append(_mean_probability(teachers, batch['inputs']))
            labels += [int(sample.gt_labels.item) for sample in batch['data_samples']]
            samples += [sample.video_id for sample in batch['data_samples']]
    seconds = time.perf_counter() - began
    scores_NC, labels_N = np.concatenate(scores), np.array(labels)
    write_scores(paths.scores, scores_NC, labels_N, np.array(samples))
    clip = first_clip(dataset)
    return RunFacts(
        metrics=accuracies(scores_NC, labels_N),
        time=dict(eval_s=seconds),
        counts=dict(
            teacher_forwards=Teacher.forwards_in_process,
            parameters=sum(p.numel() for t in teachers for p in t.model.parameters()),
            inference_flops=sum(inference_flops(teacher.model, clip) for teacher in teachers),
        ),
        teachers=[
            teacher_facts(entry, teacher.state_bytes)
            for entry, teacher in zip(pool, teachers, strict=True)
        ],
        dataset=dataset_facts(spec, test=dataset),
        protocol=protocol_facts(config.test_dataloader.dataset),
        selection=selection_rule(config),
    )


def _mean_probability(teachers: list[Teacher], inputs: list[torch.Tensor]) -> np.ndarray:
    """(N, C) mean of class probabilities over teachers, and over the views of each clip."""
    # One view an entry, so that teachers score them in micro-batches however many there are.
    views = [clip[view : view + 1] for clip in inputs for view in range(len(clip))]
    scores_KNMC = torch.stack(
        [teacher.score(views).unflatten(0, (len(inputs), -1)) for teacher in teachers]
    )
    return torch.softmax(scores_KNMC, dim=-1).mean(dim=(0, 2)).numpy()

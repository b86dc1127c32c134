"""Runs that train: teachers, students and baselines."""

import csv
import io
import time

from mmengine.runner import Runner

from ..distill import DistillationHook, UKDHook
from ..knowledge.teacher import Teacher
from ..measure import ClipScores, MeasureHook
from ..measure.flops import inference_flops
from ..measure.memory import PhaseMemory
from ..paths import RunPaths, write_text
from ..records import file_sha256
from ..spec import RunSpec
from ..state import save_weights
from .build import build_runner, find_hook
from .facts import RunFacts, dataset_facts, write_scores


def train_and_test(paths: RunPaths, spec: RunSpec, memory: PhaseMemory) -> RunFacts:
    """Trains by the run's config, tests at the last epoch, and saves what others need."""
    measure = MeasureHook(memory)
    with memory.phase('init'):
        runner = build_runner(paths, spec, measure)
    began = time.perf_counter()
    runner.train()
    train_seconds = time.perf_counter() - began
    save_weights(runner.model, paths.checkpoint)
    _write_curve(paths, measure)

    began = time.perf_counter()
    with memory.phase('eval'):
        metrics = runner.test()
    evaluation_seconds = time.perf_counter() - began
    scores = _scores_of(runner)
    write_scores(paths.scores, scores.scores_NC, scores.labels_N, scores.samples_N)

    source = find_hook(runner, DistillationHook)
    return RunFacts(
        metrics={name.removeprefix('clips/'): value for name, value in metrics.items()},
        time=dict(
            step_median_s=measure.step_median_s, train_s=train_seconds, eval_s=evaluation_seconds
        ),
        hashes=dict(
            student_state=measure.final_sha256,
            initial_state=measure.initial_sha256,
            targets=source.targets_hasher.hexdigest() if source else None,
            checkpoint=file_sha256(paths.checkpoint),
        ),
        counts=dict(
            teacher_forwards=Teacher.forwards_in_process,
            train_steps=len(measure.step_seconds),
            parameters=sum(value.numel() for value in runner.model.parameters()),
            inference_flops=inference_flops(runner.model, _one_test_clip(runner)),
        ),
        teachers=source.teacher_facts() if source else [],
        knowledge=_knowledge_facts(source) if source else None,
        dataset=dataset_facts(
            spec,
            train=runner.train_dataloader.dataset,
            test=runner.test_dataloader.dataset,
        ),
        batch_size=runner.train_dataloader.batch_size,
    )


def _scores_of(runner: Runner) -> ClipScores:
    return next(m for m in runner.test_evaluator.metrics if isinstance(m, ClipScores))


def _one_test_clip(runner: Runner) -> dict:
    packed = runner.test_dataloader.dataset[0]
    return dict(inputs=[packed['inputs']], data_samples=[packed['data_samples']])


def _knowledge_facts(source: DistillationHook) -> dict:
    return dict(
        rule=source.rule_name,
        weight=source.weight,
        temperature=source.temperature,
        num_views=source.num_views,
        bank_bytes=source.bank_bytes if isinstance(source, UKDHook) else None,
        divergence=source.last_epoch_divergence,
    )


def _write_curve(paths: RunPaths, measure: MeasureHook) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(('epoch', 'loss', 'learning_rate'))
    writer.writerows(measure.curve)
    write_text(paths.curve, text.getvalue())

"""Runs that train: teachers, students and baselines."""

import csv
import io
import math
import time
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..data.fingerprint import dataset_classes
from ..distill import DistillationHook
from ..files.atomic import write_text
from ..files.checkpoints import save_weights, state_sha256, unwrapped
from ..files.configs import read_config
from ..files.downloads import checkpoint_sha256
from ..files.hashes import file_sha256
from ..measure import ClipScores, MeasureHook
from ..measure.memory.phases import PhaseMemory
from ..measure.prediction import first_clip, inference_flops
from ..records.folder import RunPaths
from ..records.record import CURVE, LAST_EPOCH
from ..records.spec import RunSpec
from ..records.weights import made_by_runs
from .build import build_runner, find_hook
from .facts import RunFacts, dataset_facts, flow_facts, protocol_facts, write_scores
from .limit import EndAtLimit
from .processes import GatherInMemory, GiveUp, other_processes, set_processes
from .progress import TellProgress
from .resume import ResumePoint, set_resume
from .selection import KeepBest, selection_rule
from .trackers import TellTrackers


def train_and_test(
    paths: RunPaths, spec: RunSpec, memory: PhaseMemory, facts: RunFacts, give_up: GiveUp
) -> None:
    """Trains by the run's config, tests the selected epoch, and saves what others need.

    Args:
        paths: The run's folder.
        spec: Its specification.
        memory: Measures its phases.
        facts: Filled in.
        give_up: See :func:`.other_processes`.
    """
    config = read_training(paths)
    facts.starts_from = _starts_from(config)
    set_resume(config, paths.resume, spec)
    resumes = bool(config.get('resume'))
    with other_processes(paths, spec, memory, facts, resumes, give_up):
        take_part(paths, config, spec, memory, facts)


def read_training(paths: RunPaths) -> Config:
    """The config in a run's folder."""
    read = read_config(paths.config)
    # MMEngine logs the config, and would spend a second or more on its layout each time.
    return Config(read.to_dict(), filename=str(paths.config), format_python_code=False)


def take_part(
    paths: RunPaths, config: Config, spec: RunSpec, memory: PhaseMemory, facts: RunFacts
) -> None:
    """Trains and tests in one of the run's processes; the first of them saves what others need."""
    set_processes(config, spec)
    point, measure = ResumePoint(paths.resume, spec), MeasureHook(memory)
    trackers = TellTrackers(config, measure, point)
    progress = TellProgress(paths.state, measure, point)
    with memory.phase('init'):
        hooks: list[Hook] = [EndAtLimit(spec, point), point, measure, progress, trackers]
        if spec.processes > 1:
            hooks.append(GatherInMemory())
        runner = build_runner(paths, config, spec, hooks)
        rule = facts.selection = selection_rule(runner.cfg)
        best = KeepBest(paths.best)
        if rule != LAST_EPOCH:
            runner.register_hook(best, priority='LOWEST')
    facts.batch_size = runner.cfg.train_dataloader.batch_size
    facts.protocol = protocol_facts(runner.cfg.test_dataloader.dataset)
    source = find_hook(runner, DistillationHook)
    if source is not None and not source.memory_is_measured(memory.device):
        memory.withhold('train')
    try:
        runner.train()
    finally:
        _note_training(facts, point, measure, source)
    facts.selected_epoch = runner.epoch if rule == LAST_EPOCH else best.restore(runner)
    student = unwrapped(runner)
    train_set, test_set = runner.train_dataloader.dataset, runner.test_dataloader.dataset
    if is_main_process():
        save_weights(student, paths.checkpoint, dataset_classes(train_set))
        _write_curve(paths, measure)
        facts.hashes.update(
            student_state=state_sha256(student),
            checkpoint=file_sha256(paths.checkpoint),
            curve=file_sha256(paths.curve),
        )
        facts.dataset = dataset_facts(spec, train=train_set, test=test_set)
        facts.flow = flow_facts(runner.cfg.train_dataloader.dataset, (train_set, test_set))

    began = time.perf_counter()
    with memory.phase('eval'):
        metrics = runner.test()
    if not is_main_process():
        # The first has the scores of all.
        return
    facts.time.update(eval_s=time.perf_counter() - began)
    scores = _scores_of(runner)
    write_scores(paths.scores, scores.scores_NC, scores.labels_N, scores.samples_N)
    facts.hashes.update(scores=file_sha256(paths.scores))
    facts.metrics = {name.removeprefix('clips/'): value for name, value in metrics.items()}
    facts.counts.update(
        parameters=sum(value.numel() for value in student.parameters()),
        inference_flops=inference_flops(student, first_clip(test_set)),
    )
    trackers.end(runner, facts.metrics)


def _starts_from(config: Config) -> list[dict[str, str]]:
    """Key and checkpoint's hash of each run that trained weights which the network starts from."""
    found = {one['run']: one['checkpoint'] for one in made_by_runs(config)}
    return [
        dict(key=key, checkpoint_sha256=checkpoint_sha256(Path(path)))
        for key, path in found.items()
    ]


def _note_training(
    facts: RunFacts, point: ResumePoint, measure: MeasureHook, source: DistillationHook | None
) -> None:
    """Notes what the training took, however it ended."""
    facts.resumed_at, facts.earlier_s = point.resumed_at, point.earlier['wall_s']
    facts.runs_per_gpu = point.runs_per_gpu
    # An epoch that was broken off did not end it.
    measure.utilization.end()
    if not measure.step_seconds:
        return
    facts.time.update(
        step_median_s=measure.step_median_s, train_s=point.train_s - measure.validation_s
    )
    facts.counts.update(
        teacher_forwards=point.teacher_forwards,
        train_steps=len(measure.step_seconds),
        watched_steps=len(measure.watched) or None,
    )
    facts.hashes.update(initial_state=measure.initial_sha256)
    used = measure.utilization
    if used.samples:
        facts.gpu_utilization = dict(mean=used.mean, samples=len(used.samples))
    # The hook has no pipeline where its teachers or banks could not be opened.
    if source is not None and source.pipeline is not None:
        facts.hashes.update(targets=source.target_hash.hexdigest())
        facts.teachers, facts.knowledge = source.teacher_facts(), _knowledge_facts(source)


def _scores_of(runner: Runner) -> ClipScores:
    return next(m for m in runner.test_evaluator.metrics if isinstance(m, ClipScores))


def _knowledge_facts(source: DistillationHook) -> dict[str, Any]:
    divergence = source.last_epoch_divergence
    return dict(
        rule=source.rule_name,
        loss=source.loss_name,
        weight=source.first_weight,
        final_weight=source.final_weight,
        temperature=source.temperature,
        num_views=source.num_views,
        bank_bytes=source.bank_bytes,
        # The divergence of a student that has diverged is no number.
        divergence=divergence if divergence is None or math.isfinite(divergence) else None,
    )


def _write_curve(paths: RunPaths, measure: MeasureHook) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(CURVE)
    writer.writerows(measure.curve)
    write_text(paths.curve, text.getvalue())

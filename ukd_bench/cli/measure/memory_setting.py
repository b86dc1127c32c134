"""What figures of memory are of: the student's network, clips and precision, and its teachers."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...measure.memory.rehearsal.subject import Subject


def describe(subject: 'Subject', folder: Path) -> dict[str, Any]:
    """The section ``setting`` of a file, but for the student's title.

    Args:
        subject: A student with its teachers.
        folder: For clips; made if need be.

    Raises:
        ConfigError: a config cannot be used.
    """
    from mmaction.registry import DATASETS

    from ...data.views.replay import ReplayedPipeline, build_pipeline
    from ...errors import told_in_one_line
    from ...files.checkpoints import state_bytes
    from ...knowledge.identity import model_section
    from ...measure.memory.fake.stage import FakeStage
    from ...measure.memory.rehearsal.stand_in import make_stand_in
    from ...measure.memory.rehearsal.training import train_set
    from ...methods.config_files import custom_hooks
    from ...methods.table import REPLAY_HOOK
    from ...runs.build import precision

    config = subject.student_config()
    stage = FakeStage(subject.device)
    with told_in_one_line(f'config {config.filename}'):
        network = stage.build(model_section(config))
        clips = make_stand_in(folder)
        dataset = DATASETS.build(train_set(config, clips))
        if any(hook.get('type') == REPLAY_HOOK for hook in custom_hooks(config)):
            steps = config.train_dataloader.dataset.pipeline
            dataset.pipeline = ReplayedPipeline(build_pipeline(steps, 0), 0)
        inputs = dataset[0]['inputs']
        kinds = [state_bytes(stage.build(model_section(kind))) for kind in subject.kinds]
    shape = [*inputs.shape[-4:]]
    if inputs.ndim == 4:
        # Pictures of a clip stand one after another.
        shape[:2] = shape[1::-1]
    return dict(
        student=subject.student,
        batch_size=config.train_dataloader.get('batch_size', 1),
        device=subject.device,
        precision=precision(config, subject.device),
        clip=shape,
        parameters=sum(value.numel() for value in network.parameters()),
        teacher_kinds=[Path(path).stem for path in subject.pool],
        teacher_bytes=round(sum(kinds) / len(kinds)),
    )

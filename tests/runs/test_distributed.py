"""Two processes train one network: targets by address as in one process, dropout their own."""

import hashlib
import json
import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ukd_bench.errors import ConfigError, DivergedError
from ukd_bench.files.checkpoints import unwrapped
from ukd_bench.measure import MeasureHook
from ukd_bench.measure.memory.phases import PhaseMemory
from ukd_bench.runs.build import require_one_launched

from .. import warm


def train_as_one_of_two(folder: Path) -> None:
    """What MMEngine's launcher does, but that it wants a GPU for each process."""
    torch.set_num_threads(1)
    rank = int(os.environ['RANK'])
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2
    )
    config = Config.fromfile(folder / 'config.py')
    config.launcher = 'pytorch'
    config.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel', broadcast_buffers=False, device_ids=None
    )
    runner = Runner.from_cfg(config)
    note, measure = Note(), MeasureHook()
    runner.register_hook(note, priority='LOWEST')
    runner.register_hook(measure)
    runner.train()
    assert type(runner.model).__name__ == 'MMDistributedDataParallel'
    assert not any(name.startswith('module.') for name in unwrapped(runner).state_dict())
    note.write(folder / f'{rank}.json', runner, measure)
    torch.distributed.destroy_process_group()


def diverge_as_one_of_two(folder: Path) -> None:
    """Ends a step whose loss is a number in the first process alone."""
    rank = int(os.environ['RANK'])
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2
    )
    loss = torch.tensor(float('nan') if rank else 1.0)
    with pytest.raises(DivergedError, match='the loss is nan in iteration 1'):
        MeasureHook(PhaseMemory(torch.device('cpu'))).end_step(dict(loss=loss), 'iteration 1')
    # What the curve has is the process's own.
    assert rank or loss == 1.0
    torch.distributed.destroy_process_group()


class Note(Hook):
    """Notes targets by address, and what the model's generator would draw next."""

    def __init__(self):
        self.targets, self.draws = [], []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        for sample in data_batch['data_samples']:
            address = f'{sample.view_index},{sample.sample_idx}'
            self.targets.append((address, sample.knowledge.item.numpy().tobytes().hex()))
        with torch.random.fork_rng():
            self.draws.append(torch.rand(()).item())

    def write(self, path, runner, measure):
        digest = hashlib.sha256()
        for parameter in unwrapped(runner).parameters():
            digest.update(parameter.detach().numpy().tobytes())
        facts = dict(
            targets=self.targets,
            draws=self.draws,
            parameters=digest.hexdigest(),
            initial=measure.initial_sha256,
            losses=[loss for _, loss, *_ in measure.curve],
            steps=len(measure.step_seconds),
        )
        path.write_text(json.dumps(facts))


def in_two_processes(work, folder):
    ends = [
        warm.start(
            work,
            folder,
            cwd=folder,
            env=dict(RANK=rank, LOCAL_RANK=rank, WORLD_SIZE='2', CUDA_VISIBLE_DEVICES=''),
        )
        for rank in '01'
    ]
    for end in ends:
        done = end()
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


@pytest.fixture
def both(runner_config, tmp_path):
    """Trains by a hook in two processes and returns what each noted."""

    def run(hook, workers):
        (tmp_path / 'store').unlink(missing_ok=True)
        config = runner_config(hook, workers=workers)
        config.model.cls_head.dropout_ratio = 0.5
        (tmp_path / 'config.py').write_text(config.pretty_text)
        in_two_processes(train_as_one_of_two, tmp_path)
        return [json.loads((tmp_path / f'{rank}.json').read_text()) for rank in range(2)]

    return run


def test_two_processes_get_the_targets_of_one(both, train, runner_config, distilling, filled_pool):
    hook = distilling('UKDHook', filled_pool, 2)
    config = runner_config(hook)
    config.model.cls_head.dropout_ratio = 0.5
    note, measure = Note(), MeasureHook()
    note.priority = 'LOWEST'
    train(config, measure=measure, also=(note,))
    alone = dict(note.targets)
    assert len(alone) == len(note.targets) == 22

    ranks = both(hook, workers=1)
    seen = [target for rank in ranks for target in rank['targets']]
    # Eleven clips on two processes: one is seen twice in every epoch.
    assert len(seen) == 24 and dict(map(tuple, seen)) == alone
    assert all(alone[address] == target for address, target in seen)
    # The first process draws what it would draw alone; it makes two steps an epoch, not three.
    first, second = (rank['draws'] for rank in ranks)
    assert first == note.draws[:4] and len(set(first) & set(second)) == 0
    assert [rank['steps'] for rank in ranks] == [4, 4]
    assert ranks[0]['initial'] == ranks[1]['initial'] == measure.initial_sha256
    for shared in ('parameters', 'losses'):
        assert ranks[0][shared] == ranks[1][shared]
    assert both(distilling('NaiveEnsembleHook', filled_pool, 2), workers=0) == ranks


def test_a_loss_that_is_no_number_in_one_process_ends_both(tmp_path):
    in_two_processes(diverge_as_one_of_two, tmp_path)


def test_a_run_of_a_sweep_starts_its_processes_itself(monkeypatch):
    monkeypatch.setenv('WORLD_SIZE', '2')
    with pytest.raises(ConfigError, match=r'WORLD_SIZE = 2: .* as many as gpus_per_run'):
        require_one_launched()

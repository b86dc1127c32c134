"""Deep mutual learning: networks of one kind trained together, each on the others."""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from mmaction.models.recognizers import BaseRecognizer
from mmaction.registry import MODELS
from mmengine.model import revert_sync_batchnorm
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmengine.runner import Runner
from torch import Tensor

from ..data.streams import kept_streams
from ..errors import ConfigError
from ..files.checkpoints import unwrapped
from ..knowledge.identity import model_section
from ..methods.config_files import wants_channels_last
from ..models.channels_last import lay_out_channels_last
from ..registry import HOOKS
from .batch import AddressedBatch
from .distillation_hook import DistillationHook
from .head import LossByFeat
from .losses import DISTILLATION, Losses
from .replay_hook import gradients_of, reseed, set_gradients


@HOOKS.register_module()
class MutualHook(DistillationHook):
    """Trains K networks of the student's config together (Zhang et al., CVPR 2018).

    The first is the student. The others, its peers, start from other weights and have optimisers of
    their own that follow the student's schedule. Each learns from all but itself, by the one loss
    ``(1 - w) own loss + w T^2 KL(assembled others || it)``. All score a batch before any of them
    is updated.

    Args:
        num_teachers: K, the number of networks in all.
        rule, weight, temperature, view_seed, num_views, loss: See :class:`DistillationHook`.

    Raises:
        ConfigError: K is less than 2, or the training is distributed.
    """

    def __init__(
        self, num_teachers: int | None = None, pool: object = None, **options: Any
    ) -> None:
        if pool is not None:
            raise ConfigError('pool: mutual learning has no teachers, its networks learn together')
        if not (isinstance(num_teachers, int) and num_teachers >= 2):
            raise ConfigError(
                f'num_teachers = {num_teachers}: mutual learning takes two networks or more'
            )
        self._networks = num_teachers
        super().__init__([], num_teachers, **options)

    def read_teachers(self, pool: object, num_teachers: int | None) -> list:
        """An empty list: mutual learning has no teachers."""
        return []

    @property
    def num_scored(self) -> int:
        """Number of the student's peers: K - 1."""
        return self._networks - 1

    def open_source(self, runner: Runner) -> None:
        """Builds the peers and their optimisers on the student's device."""
        if runner.distributed:
            raise ConfigError('MutualHook trains in one process: its peers are not synchronised')
        self._seed = runner.seed
        device = next(unwrapped(runner).parameters()).device
        self.peers = [self._build_peer(runner, n).to(device) for n in range(1, self._networks)]
        self._optimizers: list[OptimWrapper] = [
            build_optim_wrapper(peer, copy.deepcopy(runner.cfg.optim_wrapper))
            for peer in self.peers
        ]
        for optimizer in self._optimizers:
            optimizer.initialize_count_status(
                self.peers[0], runner.iter, runner.train_loop.max_iters
            )
        self._scores: list[Tensor] = []
        self._auxiliary: list[dict[str, Tensor]] = []
        self._student_NC: Tensor | None = None

    def scores(self, batch: AddressedBatch) -> Tensor:
        """(K - 1, N, C) float32 scores of the peers on the CPU; they keep their graphs."""
        self._batch, self._scores, self._auxiliary = batch, [], []
        for number, (peer, optimizer) in enumerate(self._pairs(), start=1):
            # Each peer drops out by a stream of its own, as another process would.
            reseed(self._seed, batch.iteration + 1, number)
            with optimizer.optim_context(peer):
                data = peer.data_preprocessor(dict(batch.data), training=True)
                features, head_arguments = peer.extract_feat(
                    data['inputs'], data_samples=data['data_samples']
                )
                self._scores.append(peer.cls_head(features, **head_arguments))
                self._auxiliary.append(head_arguments.get('loss_aux', {}))
        # The student draws what it would draw alone.
        reseed(self._seed, batch.iteration + 1)
        return torch.stack([scores_NC.detach().float().cpu() for scores_NC in self._scores])

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict, outputs: dict
    ) -> None:
        """Updates every peer by the scores of all others, the student's among them."""
        # The student's step has been made, by which its scores are known.
        assert self._student_NC is not None
        schedule = runner.optim_wrapper.param_groups
        everyone = [self._student_NC, *(scores_NC.detach().float() for scores_NC in self._scores)]
        for number, (peer, optimizer) in enumerate(self._pairs(), start=1):
            _follow(schedule, optimizer.param_groups)
            others_KNC = torch.stack(everyone[:number] + everyone[number + 1 :])
            with optimizer.optim_context(peer):
                loss = self._peer_loss(peer, self._scores[number - 1], others_KNC)
                loss = sum(self._auxiliary[number - 1].values(), loss)
            optimizer.update_params(loss)
        self._scores, self._auxiliary, self._student_NC = [], [], None

    def state_dict(self, runner: Runner) -> dict[str, Any]:
        """The state to resume from, with each peer's weights, optimiser and gradients."""
        peers = [
            dict(
                model=peer.state_dict(),
                optimizer=optimizer.state_dict(),
                gradients=gradients_of(peer),
            )
            for peer, optimizer in self._pairs()
        ]
        return super().state_dict(runner) | dict(peers=peers)

    def load_state_dict(self, runner: Runner, state: dict[str, Any]) -> None:
        """Takes over that state, that of each peer included."""
        super().load_state_dict(runner, state)
        for (peer, optimizer), saved in zip(self._pairs(), state['peers'], strict=True):
            peer.load_state_dict(saved['model'])
            optimizer.load_state_dict(saved['optimizer'])
            set_gradients(peer, saved['gradients'])

    def teacher_facts(self) -> list[dict]:
        """An empty list: mutual learning has no teachers."""
        return []

    def student_losses(
        self, own_loss: LossByFeat, student_NC: Tensor, data_samples: list
    ) -> Losses:
        """The student's losses; its scores are kept, since its peers learn from them."""
        losses = super().student_losses(own_loss, student_NC, data_samples)
        self._student_NC = student_NC.detach().float()
        return losses

    def _peer_loss(self, peer: BaseRecognizer, scores_NC: Tensor, others_KNC: Tensor) -> Tensor:
        labels_N = self._batch.labels_N.to(scores_NC.device)
        targets_NC = self.rule(others_KNC, self.temperature, labels_N, scores_NC.detach().float())
        samples = [sample.to(scores_NC.device) for sample in self._batch.data['data_samples']]
        losses, _ = self.losses_of(
            lambda: peer.cls_head.loss_by_feat(scores_NC.float(), samples),
            scores_NC,
            targets_NC,
            labels_N,
            others_KNC if self.loss.needs_teachers else None,
        )
        distilled = losses.pop(DISTILLATION)
        return sum((value for name, value in losses.items() if 'loss' in name), distilled)

    def _build_peer(self, runner: Runner, number: int) -> BaseRecognizer:
        # Building a peer must not change what is drawn after it.
        with torch.random.fork_rng(), kept_streams():
            reseed(runner.seed, 0, number)
            peer = revert_sync_batchnorm(MODELS.build(model_section(runner.cfg)))
            peer.init_weights()
        if wants_channels_last(runner.cfg):
            lay_out_channels_last(peer)
        return peer.train()

    def _pairs(self) -> Iterator[tuple[BaseRecognizer, OptimWrapper]]:
        return zip(self.peers, self._optimizers, strict=True)


def _follow(schedule: list[dict], groups: list[dict]) -> None:
    """Gives parameter groups the numbers, learning rate and all, of others of the same kind."""
    for group, leader in zip(groups, schedule, strict=True):
        group.update({name: value for name, value in leader.items() if name != 'params'})

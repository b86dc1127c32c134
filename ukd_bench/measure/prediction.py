"""Scores and accuracies of test clips, and the floating point operations of predicting one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmaction.evaluation import mean_class_accuracy, top_k_accuracy
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from torch.utils.flop_counter import FlopCounterMode

from ..registry import METRICS


@METRICS.register_module()
class ClipScores(BaseMetric):
    """Top-1, top-5 and mean class accuracy as fractions, and the scores behind them.

    Attributes:
        scores_NC: (N, C) float32 class probabilities of the last test pass.
        labels_N: (N,) true labels.
        samples_N: (N,) the clips' ``video_id``.
    """

    default_prefix = 'clips'

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Notes class probabilities, label and ``video_id`` of each clip of a batch."""
        for sample in data_samples:
            self.results.append(
                (
                    sample['pred_scores']['item'].float().cpu().numpy(),
                    int(sample['gt_labels']['item']),
                    sample.get('video_id', ''),
                )
            )

    def compute_metrics(self, results: list[tuple]) -> dict[str, float]:
        """Keeps what was noted as arrays, and returns its :func:`accuracies`."""
        scores, labels, samples = zip(*results, strict=True)
        self.scores_NC = np.stack(scores)
        self.labels_N = np.array(labels)
        self.samples_N = np.array(samples)
        return accuracies(self.scores_NC, self.labels_N)


def accuracies(scores_NC: np.ndarray, labels_N: np.ndarray) -> dict[str, float]:
    """``top1``, ``top5`` and ``mean_class`` of scores (N, C) for labels (N,), as fractions."""
    top1, top5 = top_k_accuracy(scores_NC, labels_N, (1, 5))
    return dict(
        top1=float(top1),
        top5=float(top5),
        mean_class=float(mean_class_accuracy(scores_NC, labels_N)),
    )


def first_clip(dataset: Any) -> dict[str, list]:
    """A raw batch of a test set's first clip, with all views of its protocol."""
    packed = dataset[0]
    return dict(inputs=[packed['inputs']], data_samples=[packed['data_samples']])


@torch.no_grad()
def inference_flops(model: BaseModel, batch: dict[str, list]) -> int:
    """FLOPs of predicting a raw batch; a multiply-add is two (torch's ``FlopCounterMode``)."""
    model.eval()
    with FlopCounterMode(display=False) as counter:
        model.test_step(batch)
    return counter.get_total_flops()

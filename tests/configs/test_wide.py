import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmaction.utils import register_all_modules
from mmengine.config import Config

from ukd_bench.files.configs import configs_root
from ukd_bench.measure.prediction import inference_flops

RATIO_TO_TWO_STREAMS = {'i3d-r18-w8': 1.049, 'slowonly-r18-w8': 1.057}


def flops(path: str) -> int:
    config = Config.fromfile(configs_root() / path)
    length = next(step.clip_len for step in config.test_pipeline if 'clip_len' in step)
    side = next(step.size for step in config.test_pipeline if 'size' in step)
    clip = torch.zeros(1, 3, length, side, side, dtype=torch.uint8)
    register_all_modules(init_default_scope=True)
    model = MODELS.build(config.model)
    return inference_flops(model, dict(inputs=[clip], data_samples=[ActionDataSample()]))


@pytest.mark.parametrize('student', RATIO_TO_TWO_STREAMS)
def test_the_wide_network_costs_what_two_streams_do(student):
    file = f'{student}_darkroom-quick.py'
    ratio = flops(f'wide/{file}') / flops(f'two_stream_dark_light/{file}')
    assert 0.9 <= ratio <= 1.1
    assert ratio == pytest.approx(RATIO_TO_TWO_STREAMS[student], abs=5e-4)


@pytest.mark.parametrize('student', RATIO_TO_TWO_STREAMS)
def test_nothing_but_the_width_differs_from_plain(student):
    plain, wide = (
        Config.fromfile(configs_root() / folder / f'{student}_darkroom-quick.py')
        for folder in ('plain', 'wide')
    )
    wide.model.backbone.base_channels = plain.model.backbone.base_channels
    wide.model.cls_head.in_channels = plain.model.cls_head.in_channels
    assert wide.to_dict() == plain.to_dict()

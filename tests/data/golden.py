"""What DarkRoom and flow are at their versions: ``python -m tests.data.golden`` rewrites it.

Frames and fields may differ in their last bits on another processor, so means over blocks stand for
them. They are far closer on any two processors than after any other draw of the noise.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from ukd_bench.data.darkroom import GENERATOR_VERSION, PRESETS
from ukd_bench.data.darkroom.film import frames_of
from ukd_bench.data.darkroom.layout import clips_of
from ukd_bench.data.flow import FLOW_VERSION
from ukd_bench.data.flow.algorithms import brightening, estimator
from ukd_bench.data.flow.format import encode
from ukd_bench.data.flow.settings import FlowSettings

from .moving_square import square_frames

FOLDER = Path(__file__).resolve().parents[1] / 'golden'
TOLERANCE = {'darkroom': 0.02, 'flow': 0.2}
"""Codes of 255 by which a block's mean may differ."""
_SPECS = {
    'small': PRESETS['tiny'],
    'large': replace(
        PRESETS['tiny'], rendering=2, balance='arid', lengths='arid', clips=66, warmth=0.1,
        contrast=2.0,
    ),
    'bright': replace(PRESETS['tiny'], seed=1, bright=True),
}  # fmt: skip
_ROWS, _COLUMNS = 2, 4
Blocks = dict[str, list[float]]


def darkroom() -> Blocks:
    """Number of frames and means over blocks of a few clips of each kind, before encoding."""
    return {
        f'{name} {clip.path}': [len(frames), *_means(frames)]
        for name, spec in _SPECS.items()
        for clip in clips_of(spec)[::11]
        for frames in [frames_of(spec, clip)]
    }


def flow() -> Blocks:
    """Means over blocks of the codes of a moving square's fields, by the algorithms of the CPU."""
    found = {}
    for settings in (
        FlowSettings('farneback', bound=8),
        FlowSettings('farneback', bound=20, gamma=2.2),
        FlowSettings('tvl1', bound=8),
    ):
        estimate = estimator(settings, None, 'cpu')
        table = brightening(settings.gamma)
        first, second = (estimate.prepare(table[frame]) for frame in square_frames(2))
        codes = encode(estimate.between(first, second), settings.bound)
        found[f'{settings.algorithm} {settings.bound} {settings.gamma}'] = _means(codes[None])
    return found


def _means(codes_THWC: np.ndarray) -> list[float]:
    times, height, width, channels = codes_THWC.shape
    blocks = codes_THWC.reshape(
        times, _ROWS, height // _ROWS, _COLUMNS, width // _COLUMNS, channels
    )
    return np.round(blocks.mean((0, 2, 4)), 3).ravel().tolist()


PRESENT = {'darkroom': (GENERATOR_VERSION, darkroom), 'flow': (FLOW_VERSION, flow)}
"""Version and maker of each."""


def read(name: str) -> tuple[int, Blocks]:
    """The version that blocks were written at, and the blocks."""
    content = json.loads((FOLDER / f'{name}.json').read_text())
    return content['version'], content['blocks']


def differing(name: str, found: Blocks, golden: Blocks) -> list[str]:
    """The clips or fields of which one block differs, or which only one of both has."""
    return sorted(
        key
        for key in found.keys() | golden.keys()
        if len(found.get(key, ())) != len(golden.get(key, ()))
        or not np.allclose(found[key], golden[key], rtol=0, atol=TOLERANCE[name])
    )


def main() -> None:
    for name, (version, make) in PRESENT.items():
        found = make()
        if (FOLDER / f'{name}.json').is_file():
            of_old, golden = read(name)
            if version == of_old and differing(name, found, golden):
                raise SystemExit(f'{name}: differs at version {version}; raise the version first')
        lines = ',\n'.join(f'{json.dumps(key)}: {json.dumps(row)}' for key, row in found.items())
        text = f'{{"version": {version}, "blocks": {{\n{lines}\n}}}}\n'
        (FOLDER / f'{name}.json').write_text(text)
        print(f'wrote {FOLDER / name}.json')


if __name__ == '__main__':
    main()

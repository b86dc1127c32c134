"""``ukd-bench data flow``: makes the optical flow of a data set."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from ..options import add_device, add_edition, add_root, add_workers
from ..progress import progress_bar
from ..values import count, named_path, one_of

SUMMARY = 'compute the optical flow of all listed videos, as MMAction2 reads it'
DESCRIPTION = (
    'Computes the optical flow of all listed videos and stores it as MMAction2 reads it. What is '
    'there already is kept.'
)
EPILOG = """\
algorithms:
  farneback, tvl1 (OpenCV); raft, raft_small (torchvision, whose weights are
  downloaded once)

examples:
  %(prog)s videos --algorithm farneback --bound 8
  %(prog)s /data/ARID --algorithm raft --device cuda
"""


def _algorithms() -> Iterable[str]:
    from ...data.flow.settings import PARAMETERS

    return sorted(PARAMETERS)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say which flow is made, how, and where it goes."""
    add = parser.add_argument
    add_root(parser, 'data root, with lists and videos')
    add('--out', type=named_path, metavar='DIR', help='default: flow-ALGORITHM below ROOT')
    add(
        '--algorithm', type=one_of(_algorithms), required=True, metavar='ALGORITHM',
        help='which, see below',
    )  # fmt: skip
    add(
        '--bound', type=float, default=20.0, metavar='PX',
        help='displacement that the largest code stands for; more is clipped (default: 20)',
    )  # fmt: skip
    add(
        '--gamma', type=float, default=1.0, metavar='G',
        help='brighten the frames by this gamma before (default: 1, as stored)',
    )  # fmt: skip
    add(
        '--short-side', type=count(8), metavar='PX',
        help='reduce a longer shorter side to this before (default: as stored)',
    )  # fmt: skip
    add_workers(parser, 'processes that compute')
    add_device(parser, 'where RAFT computes')
    add(
        '--weights', type=named_path, metavar='FILE',
        help="RAFT's state dict (default: torchvision's)",
    )  # fmt: skip
    add_edition(parser)


def run(arguments: argparse.Namespace) -> int:
    """Makes the optical flow that the command line asks for."""
    from ...data.arid.layout import find_layout
    from ...data.flow.format import default_folder
    from ...data.flow.make import make_flow
    from ...data.flow.settings import FlowSettings
    from ...files.hashes import file_sha256

    videos = find_layout(arguments.root, arguments.edition).all_paths()
    weights = _weights(arguments)
    settings = FlowSettings(
        arguments.algorithm,
        arguments.bound,
        arguments.gamma,
        arguments.short_side,
        None if weights is None else file_sha256(weights),
    )
    out = arguments.out or arguments.root / default_folder(arguments.algorithm)
    with progress_bar('flow') as update:
        manifest = make_flow(
            arguments.root, out, videos, settings, arguments.workers, update,
            weights=weights, device=arguments.device,
        )  # fmt: skip
    size, seconds = manifest['bytes'] / 2**20, manifest['compute_s']
    print(
        f'{out}: {manifest["fields"]} fields of {len(manifest["clips"])} clips, '
        f'{size:.1f} MiB, {seconds:.0f} s of computing'
    )
    return 0


def _weights(arguments: argparse.Namespace) -> Path | None:
    """The file of RAFT's weights; None for another algorithm."""
    from ...data.flow.settings import PARAMETERS, RAFT
    from ...errors import ConfigError

    if arguments.algorithm not in RAFT:
        if arguments.weights is not None or arguments.device != 'cpu':
            raise ConfigError(f'--weights and --device are for {" and ".join(RAFT)} alone')
        return None
    if arguments.weights is not None:
        return arguments.weights
    # RAFT alone needs torch.
    from ...data.flow.raft import fetch_weights

    return fetch_weights(PARAMETERS[arguments.algorithm]['model'])

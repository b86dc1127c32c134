"""``python -m ukd_bench.data flow``: makes the optical flow of a data set."""

import argparse
import os
from pathlib import Path
from ..terminal import count
from ..terminal import progress_bar
from ...errors import ConfigError
from ...files.hashes import file_sha256
from ...data.arid.editions import EDITIONS
from ...data.flow.make import make_flow
from ...data.flow.format import default_folder
from ...data.flow.algorithms import PARAMETERS
from ...data.flow.algorithms import RAFT
from ...data.flow.algorithms import FlowSettings
from ...data.arid.layout import find_layout


def add(commands: argparse._SubParsersAction) -> None:
    """Adds the subcommand's parser."""
    command = commands.add_parser(
        'flow', help='compute the optical flow of all listed videos, as MMAction2 reads it'
    )
    command.add_argument('root', type=Path, metavar='ROOT', help='data root, with lists and videos')
    command.add_argument(
        '--out', type=Path, metavar='DIR', help='default: flow-<algorithm> below ROOT'
    )
    command.add_argument('--algorithm', choices=sorted(PARAMETERS), required=True)
    command.add_argument(
        '--bound', type=float, default=20.0, metavar='PX',
        help='displacement that the largest code stands for; more is clipped (default: 20)',
    )  # fmt: skip
    command.add_argument(
        '--gamma', type=float, default=1.0, metavar='G',
        help='brighten the frames by this gamma before (default: 1, as stored)',
    )  # fmt: skip
    command.add_argument(
        '--short-side', type=count('--short-side', 8), metavar='PX',
        help='reduce a longer shorter side to this before (default: as stored)',
    )  # fmt: skip
    command.add_argument(
        '--workers', type=count('--workers', 1), default=min(4, os.cpu_count() or 1), metavar='N'
    )
    command.add_argument('--device', choices=('cpu', 'cuda'), default='cpu', help='for RAFT')
    command.add_argument(
        '--weights', type=Path, metavar='FILE',
        help="RAFT's state dict (default: torchvision's, which are downloaded once)",
    )  # fmt: skip
    command.add_argument(
        '--edition', choices=sorted(EDITIONS), help='which, where the lists of two lie at ROOT'
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Makes what the command line asks for."""
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
    """The file of RAFT's weights, if that is the algorithm."""
    if arguments.algorithm not in RAFT:
        if arguments.weights is not None or arguments.device != 'cpu':
            raise ConfigError(f'--weights and --device are for {" and ".join(RAFT)} alone')
        return None
    if arguments.weights is not None:
        return arguments.weights
    # Only this needs torch.
    from ...data.flow.raft import fetch_weights

    return fetch_weights(PARAMETERS[arguments.algorithm]['model'])

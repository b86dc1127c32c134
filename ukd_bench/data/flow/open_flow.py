"""The pipeline step that opens a clip's optical flow."""

from pathlib import Path, PurePosixPath
from typing import Any

from mmcv.transforms import BaseTransform

from ...errors import ConfigError, DataError
from ...registry import TRANSFORMS
from .format import (
    FLOW,
    FlowFrames,
    default_folder,
    difference,
    flow_folder,
    is_current,
    num_fields,
    read_manifest,
)
from .settings import RAFT, FlowSettings


@TRANSFORMS.register_module()
class OpenFlow(BaseTransform):
    """Opens the flow of a clip's video, for ``ukd_bench.TakeFrames`` to take fields from.

    Goes after ``ukd_bench.OpenVideo``. Adds the key ``flow``, a
    :class:`ukd_bench.data.video.frames.Frames` of (H, W, 2) fields, which may have another size
    than the video's frames.

    Args:
        algorithm, bound, gamma, short_side, weights_sha256: Settings that the flow must have been
            made with, see :class:`ukd_bench.data.flow.settings.FlowSettings`. RAFT's weights are
            part of a run's identity, so their hash must stand here.
        flow_root: Folder of the flow; None for ``flow-<algorithm>`` below the data root, where
            ``ukd-bench data flow`` puts it. Like every place, it is no part of a run's
            identity.

    Raises:
        ConfigError: a setting cannot be used, or the flow was made with another.
        DataError: the flow is absent, or is not that of the video.
    """

    def __init__(
        self,
        algorithm: str,
        bound: float = 20.0,
        gamma: float = 1.0,
        short_side: int | None = None,
        weights_sha256: str | None = None,
        flow_root: str | None = None,
    ) -> None:
        self.settings = FlowSettings(algorithm, bound, gamma, short_side, weights_sha256)
        if algorithm in RAFT and weights_sha256 is None:
            raise ConfigError(f'OpenFlow: algorithm {algorithm!r} needs weights_sha256')
        self.flow_root = None if flow_root is None else Path(flow_root)
        self._clips: dict[Path, dict[str, Any]] = {}

    def transform(self, results: dict) -> dict:
        """Adds ``flow``, after comparing it with the video."""
        if 'video_id' not in results:
            raise ConfigError(
                'OpenFlow needs video_id, a path below the data root: use ARIDDataset'
            )
        video = results['video_id']
        data_root = Path(results['filename']).parents[len(PurePosixPath(video).parts) - 1]
        root = self.flow_root or data_root / default_folder(self.settings.algorithm)
        clips = self._clips.get(root)
        if clips is None:
            clips = self._clips[root] = self._open(root, data_root)
        entry = clips.get(flow_folder(video))
        if entry is None:
            raise DataError(
                f'{root / FLOW.manifest}: does not know {video}; {self._remedy(data_root)}'
            )
        if not is_current(entry):
            raise DataError(
                f'{root / flow_folder(video)}: was made by another version of the suite; '
                f'{self._remedy(data_root)}'
            )
        wanted = num_fields(results['total_frames'])
        size = Path(results['filename']).stat().st_size
        if entry['fields'] != wanted or entry['source']['bytes'] != size:
            raise DataError(
                f'{root / flow_folder(video)}: holds {entry["fields"]} fields of a video of '
                f'{entry["source"]["bytes"]} bytes, but {video} has {results["total_frames"]} '
                f'frames, thus {wanted} fields, in {size} bytes; {self._remedy(data_root)}'
            )
        results['flow'] = FlowFrames(root / flow_folder(video), wanted)
        return results

    def _open(self, root: Path, data_root: Path) -> dict[str, Any]:
        """The entries of the manifest at ``root``, if it was made with these settings."""
        manifest = read_manifest(root)
        if manifest is None:
            raise DataError(f'{root}: holds no finished flow; {self._remedy(data_root)}')
        if differs := difference(manifest['settings'], self.settings.to_dict()):
            raise ConfigError(f'OpenFlow: {root} was made with {differs} as the config says')
        return manifest['clips']

    def _remedy(self, data_root: Path) -> str:
        """The command that makes the flow which is asked for."""
        settings = self.settings
        words = [f'ukd-bench data flow {data_root} --algorithm {settings.algorithm}']
        words += [f'--bound {settings.bound:g} --gamma {settings.gamma:g}']
        if settings.short_side is not None:
            words.append(f'--short-side {settings.short_side}')
        if self.flow_root is not None:
            words.append(f'--out {self.flow_root}')
        return f'run `{" ".join(words)}`'

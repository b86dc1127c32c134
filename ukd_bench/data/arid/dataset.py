"""ARID in all its editions, DarkRoom and own lists, as one MMAction2 dataset."""

from pathlib import Path
from typing import Any

from mmaction.datasets import BaseActionDataset

from ...errors import ConfigError
from ...registry import DATASETS
from ..fingerprint import clips_fingerprint
from ..video.container import require_whole
from ..video.frames import naming_broken_video
from .facts import SUBSETS
from .groups import HELD_OUT_FRACTION, part_of
from .label_noise import with_noise
from .layout import find_layout
from .lists import Clip


@DATASETS.register_module()
class ARIDDataset(BaseActionDataset):
    """Clips of one split of ARID v1.0, v1.5 or UG2+ 2.1, of a DarkRoom, or of own lists.

    The lists at the root tell which it is: see :func:`ukd_bench.data.arid.layout.find_layout`.

    Args:
        data_root: Folder that holds the lists and the videos.
        pipeline: MMAction2 transforms.
        split: Number of the split; UG2+ and own lists have split 1 alone.
        subset: ``train``, ``test`` or ``other``. ``other`` shares groups with ``test`` and is
            therefore refused unless ``test_mode`` is set.
        test_mode: Whether the clips are for evaluation.
        groups: Part of the training list: the clips to ``fit`` on, or those ``held_out`` to choose
            by; None is the whole list. Whole groups of every class are held out.
        held_out_fraction: Share of each class's groups that is held out.
        edition: Name of the edition; needed only where the lists of two lie at one root.
        label_noise: Share of the clips whose label is replaced by a wrong one; of training alone.
        label_seed: Seed by which these are drawn, see :func:`.label_noise.with_noise`.
        **kwargs: For MMAction2's ``BaseActionDataset``.

    Raises:
        DataError: on an absent root, list or video, a malformed list line, or names that carry no
            group where groups are asked for.
        ConfigError: on a subset or part that does not exist or cannot be trained on.
    """

    def __init__(
        self,
        data_root: str,
        pipeline: list,
        split: int = 1,
        subset: str = 'train',
        test_mode: bool = False,
        groups: str | None = None,
        held_out_fraction: float = HELD_OUT_FRACTION,
        edition: str | None = None,
        label_noise: float = 0.0,
        label_seed: int = 0,
        **kwargs: Any,
    ) -> None:
        if subset not in SUBSETS:
            raise ConfigError(f'subset {subset!r} is none of {", ".join(SUBSETS)}')
        if subset == 'other' and not test_mode:
            raise ConfigError("subset 'other' shares groups with 'test': nothing is trained on it")
        if groups is not None and subset != 'train':
            raise ConfigError(f"groups {groups!r} are parts of subset 'train', not of {subset!r}")
        if label_noise and test_mode:
            raise ConfigError(f'label_noise = {label_noise}: nothing is tested by wrong labels')
        self.label_noise = label_noise
        self.label_seed = label_seed
        self.layout = find_layout(data_root, edition)
        self.root = self.layout.root
        self.split = split
        self.subset = subset
        self.groups = groups
        self.held_out_fraction = held_out_fraction
        self.clips: list[Clip] = []
        # The suite's own step checks what it decodes, and what is cached was checked before.
        opens = str(pipeline[0].get('type')) if pipeline and isinstance(pipeline[0], dict) else ''
        self._decodes_unchecked = opens != 'ukd_bench.OpenVideo'
        super().__init__(
            ann_file=str(self.layout.list_file(split, subset)),
            pipeline=pipeline,
            test_mode=test_mode,
            **{'metainfo': dict(classes=self.layout.classes), **kwargs},
        )

    def load_data_list(self) -> list[dict]:
        """One dict a clip: ``filename``, ``label`` and the path below the root as ``video_id``."""
        self.clips = self.layout.clips(self.split, self.subset)
        if self.groups is not None:
            self.clips = part_of(
                self.clips,
                self.groups,
                self.held_out_fraction,
                self.split,
                Path(self.ann_file),
                self.layout.edition == 'darkroom',
            )
        labels = [clip.label for clip in self.clips]
        if self.label_noise:
            count = len(self.layout.classes)
            labels = with_noise(labels, self.label_noise, count, self.label_seed)
        return [
            dict(filename=str(self.root / clip.path), label=label, video_id=clip.path)
            for clip, label in zip(self.clips, labels, strict=True)
        ]

    def prepare_data(self, idx: int) -> Any:
        """Runs the pipeline on clip ``idx``.

        Raises:
            DataError: the video is not whole or cannot be decoded.
        """
        filename = self.get_data_info(idx)['filename']
        if self._decodes_unchecked:
            require_whole(Path(filename))
        with naming_broken_video(filename):
            return super().prepare_data(idx)

    def fingerprint(self) -> str:
        """SHA-256 that identifies these clips and their right labels, wherever they lie."""
        return clips_fingerprint(self.root, self.clips)

"""ARID v1.0 as an MMAction2 dataset; DarkRoom uses the same layout."""

from pathlib import Path
from typing import ClassVar

from mmaction.datasets import BaseActionDataset

from ..errors import ConfigError
from ..registry import DATASETS
from .container import require_whole
from .fingerprint import clips_fingerprint
from .lists import ARID_CLASSES, SUBSETS, Clip, list_file, read_list, require_videos
from .video import naming_broken_video


@DATASETS.register_module()
class ARIDDataset(BaseActionDataset):
    """Clips of one split of ARID, or of any data set in its layout.

    Args:
        data_root: Folder that holds ``list_cvt`` and one folder a class.
        pipeline: MMAction2 transforms.
        split: Number of the split.
        subset: ``train``, ``test`` or ``other``. ``other`` shares groups with ``test`` and is
            therefore refused unless ``test_mode`` is set.
        test_mode: Whether the clips are for evaluation.

    Raises:
        DataError: on an absent root, list or video, or a malformed list line.
        ConfigError: on a subset that does not exist or cannot be trained on.
    """

    METAINFO: ClassVar[dict] = dict(classes=ARID_CLASSES)

    def __init__(
        self,
        data_root: str,
        pipeline: list,
        split: int = 1,
        subset: str = 'train',
        test_mode: bool = False,
        **kwargs,
    ) -> None:
        if subset not in SUBSETS:
            raise ConfigError(f'subset {subset!r} is none of {", ".join(SUBSETS)}')
        if subset == 'other' and not test_mode:
            raise ConfigError("subset 'other' shares groups with 'test': nothing is trained on it")
        self.root = Path(data_root)
        self.clips: list[Clip] = []
        super().__init__(
            ann_file=str(list_file(self.root, split, subset)),
            pipeline=pipeline,
            test_mode=test_mode,
            **kwargs,
        )

    def load_data_list(self) -> list[dict]:
        """One dict a clip: ``filename``, ``label`` and the path below the root as ``video_id``."""
        listed_in = Path(self.ann_file)
        self.clips = read_list(listed_in)
        require_videos(self.clips, self.root, listed_in)
        return [
            dict(filename=str(self.root / clip.path), label=clip.label, video_id=clip.path)
            for clip in self.clips
        ]

    def prepare_data(self, idx: int):
        """Runs the pipeline on clip ``idx``; a video that is not whole is named, never used."""
        filename = self.get_data_info(idx)['filename']
        require_whole(Path(filename))
        with naming_broken_video(filename):
            return super().prepare_data(idx)

    def fingerprint(self) -> str:
        """SHA-256 that identifies these clips and labels, wherever they lie."""
        return clips_fingerprint(self.root, self.clips)

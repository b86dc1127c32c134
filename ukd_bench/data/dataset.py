"""What the suite needs of a data set of videos, whoever wrote it."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from ..errors import ConfigError, UkdBenchError, one_line


class VideoSet(Protocol):
    """Clips with a label each: ``ARIDDataset``, MMAction2's ``VideoDataset`` and their likes.

    A set that can tell its own identity has :class:`Fingerprinted`'s method too.
    """

    @property
    def metainfo(self) -> Mapping[str, Any] | None:
        """Class names in label order as ``classes``, where they have names."""

    def __len__(self) -> int: ...

    def get_data_info(self, idx: int) -> Mapping[str, Any]:
        """A sample before its pipeline: ``filename`` and ``label``."""


class ReplayableSet(VideoSet, Protocol):
    """A set whose clips are drawn by a pipeline that can be replaced."""

    pipeline: Any

    def __getitem__(self, idx: int) -> dict[str, Any]: ...


@runtime_checkable
class Fingerprinted(Protocol):
    """A set that tells what identifies its clips and labels, wherever they lie."""

    def fingerprint(self) -> str:
        """SHA-256 in hexadecimal digits."""
        ...


def build_dataset(dataset_config: dict[str, Any]) -> ReplayableSet:
    """The data set of a config, with its own pipeline.

    Raises:
        ConfigError: it cannot be built, for one since a list is absent.
    """
    # Here, because who only looks at the clips of a set needs no torch.
    from mmengine.config import Config
    from mmengine.registry import DATASETS, DefaultScope

    try:
        with DefaultScope.overwrite_default_scope('mmaction'):
            return DATASETS.build(Config(dict(dataset=dataset_config)).dataset)
    except (UkdBenchError, MemoryError):
        raise
    # Anybody's data set may fail in any way.
    except Exception as error:
        kind = dataset_config.get('type')
        raise ConfigError(f'data set {kind}: cannot be built ({one_line(error)})') from error

"""How the clips of a regime are normalised, set in the configs of its networks."""

from dataclasses import asdict

from mmengine.config import Config

from ..errors import ConfigError, quoted
from ..files.python import config_name
from ..methods.config_files import preprocessor_of
from ..records.regime import AS_CONFIGURED
from .parts import Regime

_PREPROCESSOR = 'ukd_bench.LowLightPreprocessor'


def set_normalization(config: Config, regime: Regime, where: str) -> None:
    """Has a network's preprocessor normalise clips as its regime says.

    Raises:
        ConfigError: the preprocessor is not the suite's.
    """
    wanted = regime.normalization
    if wanted == AS_CONFIGURED:
        return
    preprocessor = preprocessor_of(config) or {}
    kind = config_name(preprocessor.get('type', ''))
    if kind != _PREPROCESSOR:
        raise ConfigError(
            f'{where}: normalization: its preprocessor is {quoted(kind)}, not {_PREPROCESSOR}'
        )
    preprocessor['normalization'] = (
        None
        if isinstance(wanted, str)
        else {name: [*map(float, values)] for name, values in asdict(wanted).items()}
    )

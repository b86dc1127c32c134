"""``python -m ukd_bench.knowledge fill CONFIG``: fills the banks that a UKD config reads.

A sweep fills its own; this is for configs that train under MMAction2's ``tools/train.py``.
"""

import sys
from functools import partial
from pathlib import Path

from mmengine.config import Config, DictAction

from ..command_line import Parser
from ..errors import BankError, ConfigError, UkdBenchError, one_line
from ..paths import RunPaths
from ..provenance import DEVICES
from .bank import Bank, BankIdentity
from .pool import PoolEntry, read_pool


def fill_banks(config: Config, where: str, device: str, num_views: int | None) -> None:
    """Fills the banks of the teachers that a config's ``UKDHook`` names, where they do not fit.

    Args:
        config: A training config with a ``ukd_bench.UKDHook`` in ``custom_hooks``.
        where: What messages call it.
        device: Where teachers run.
        num_views: V; as many as the config has epochs where None.

    Raises:
        ConfigError: the config has no such hook or no training section.
        BankError: a bank that does not fit belongs to a sweep.
    """
    hook = _ukd_hook(config, where)
    dataset_config, epochs = _training_section(config, where)
    views = num_views or hook.get('num_views') or epochs
    view_seed = hook.get('view_seed', 0)
    # What runs a teacher is imported where a teacher is run.
    from .fill import bank_identity, build_dataset, fill

    dataset = build_dataset(dataset_config)
    for entry in read_pool(hook['pool'], hook.get('num_teachers')):
        identity = bank_identity(entry, dataset, dataset_config['pipeline'], view_seed)
        misfit = _misfit(entry, identity, views)
        if misfit is None:
            print(f'{entry.bank}: holds {views} views already')
            continue
        if RunPaths(entry.bank.parent).record.is_file():
            raise BankError(f'{misfit}; it belongs to a sweep: name another folder for this one')
        fill(
            entry, dataset_config, view_seed, views, device,
            progress=partial(_print_view, entry.name),
        )  # fmt: skip
        print(f'{entry.bank}: filled')


def _training_section(config: Config, where: str) -> tuple[dict, int]:
    """The training set's config and the number of epochs."""
    try:
        return config.train_dataloader.dataset.to_dict(), config.train_cfg.max_epochs
    except AttributeError as error:
        raise ConfigError(f'{where}: has no complete training section ({error})') from error


def _print_view(teacher: str, done: int, total: int) -> None:
    print(f'{teacher}: view {done} of {total}', flush=True)


def _ukd_hook(config: Config, where: str) -> dict:
    for hook in config.get('custom_hooks', []):
        if hook.get('type') == 'ukd_bench.UKDHook':
            if not hook.get('pool'):
                raise ConfigError(f'{where}: ukd_bench.UKDHook has no pool')
            return hook
    raise ConfigError(f'{where}: custom_hooks has no ukd_bench.UKDHook')


def _misfit(entry: PoolEntry, identity: BankIdentity, views: int) -> str | None:
    """Why a student cannot read the bank as it is; None where it can."""
    try:
        bank = Bank(entry.bank)
        bank.require(identity)
        bank.require_intact()
    except BankError as error:
        return str(error)
    if bank.num_views < views:
        return f'bank {entry.bank} holds {bank.num_views} views, {views} are needed'
    return None


def main(arguments: list[str] | None = None) -> int:
    """Entry of ``python -m ukd_bench.knowledge``."""
    parser = Parser(prog='python -m ukd_bench.knowledge', description='Knowledge banks.')
    commands = parser.add_subparsers(dest='command', required=True)
    fill_parser = commands.add_parser('fill', help="fill the banks that a config's UKDHook reads")
    fill_parser.add_argument('config', type=Path)
    fill_parser.add_argument('--num-views', type=int, help="default: the config's epochs")
    fill_parser.add_argument('--device', default='cpu', help='cpu or cuda (default: cpu)')
    fill_parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, help='overrides, as for tools/train.py'
    )
    options = parser.parse_args(arguments)
    try:
        if not options.config.is_file():
            raise ConfigError(f'config {options.config} does not exist')
        if options.device not in DEVICES:
            raise ConfigError(f'device {options.device!r} is none of {", ".join(DEVICES)}')
        try:
            config = Config.fromfile(options.config)
        except Exception as error:
            raise ConfigError(
                f'config {options.config} cannot be read ({one_line(error)})'
            ) from error
        if options.cfg_options:
            config.merge_from_dict(options.cfg_options)
        fill_banks(config, str(options.config), options.device, options.num_views)
    except UkdBenchError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())

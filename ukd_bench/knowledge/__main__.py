"""``python -m ukd_bench.knowledge fill CONFIG``: fills the banks that a UKD config reads.

A sweep fills its own; this is for configs that train under MMAction2's ``tools/train.py``.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from mmengine.config import Config, DictAction

from ..errors import BankError, ConfigError, UkdBenchError
from .bank import Bank
from .pool import PoolEntry, read_pool


def fill_banks(config: Config, where: str, device: str, num_views: int | None) -> None:
    """Fills the absent banks of the teachers that a config's ``UKDHook`` names.

    Args:
        config: A training config with a ``ukd_bench.UKDHook`` in ``custom_hooks``.
        where: What messages call it.
        device: Where teachers run.
        num_views: V; as many as the config has epochs where None.

    Raises:
        ConfigError: the config has no such hook, or names no epochs.
    """
    hook = _ukd_hook(config, where)
    views = num_views or hook.get('num_views') or config.train_cfg.get('max_epochs')
    if not views:
        raise ConfigError(f'{where}: train_cfg.max_epochs is absent; say --num-views')
    for entry in read_pool(hook['pool'], hook.get('num_teachers')):
        if _holds(entry, views):
            print(f'{entry.bank}: holds {views} views already')
            continue
        # What runs a teacher is imported where a teacher is run.
        from .fill import fill

        fill(
            entry,
            config.train_dataloader.dataset.to_dict(),
            hook.get('view_seed', 0),
            views,
            device,
            progress=partial(_print_view, entry.name),
        )
        print(f'{entry.bank}: filled')


def _print_view(teacher: str, done: int, total: int) -> None:
    print(f'{teacher}: view {done} of {total}', flush=True)


def _ukd_hook(config: Config, where: str) -> dict:
    for hook in config.get('custom_hooks', []):
        if hook.get('type') == 'ukd_bench.UKDHook':
            return hook
    raise ConfigError(f'{where}: custom_hooks has no ukd_bench.UKDHook')


def _holds(entry: PoolEntry, views: int) -> bool:
    try:
        return Bank(entry.bank).num_views >= views
    except BankError:
        return False


def main(arguments: list[str] | None = None) -> int:
    """Entry of ``python -m ukd_bench.knowledge``."""
    parser = argparse.ArgumentParser(
        prog='python -m ukd_bench.knowledge', description='Knowledge banks.'
    )
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
        config = Config.fromfile(options.config)
        if options.cfg_options:
            config.merge_from_dict(options.cfg_options)
        fill_banks(config, str(options.config), options.device, options.num_views)
    except UkdBenchError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())

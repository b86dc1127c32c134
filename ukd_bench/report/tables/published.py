"""The table of published figures, beside which nothing was measured here."""

import tomllib

from ...errors import ConfigError
from ...files.configs import configs_root
from ...results import formatting
from .table import Table, columns


def published_table() -> Table:
    """Table of published accuracy on ARID, with sources.

    Raises:
        ConfigError: the shipped file is absent or broken.
    """
    path = configs_root() / 'claims' / 'published.toml'
    try:
        results = tomllib.loads(path.read_text())['result']
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f'{path}: cannot be used ({error})') from error
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for item in results:
        if not groups or groups[-1][1] != item['dataset']:
            groups.append((len(rows), item['dataset']))
        source = item['source'] + (f'; {item["conflict"]}' if 'conflict' in item else '')
        rows.append(
            (
                item['method'],
                formatting.number(item.get('top1'), 2, unit='%'),
                formatting.number(item.get('top5'), 2, unit='%'),
                source,
            )
        )
    titles = columns('<Method', 'Top-1, %', 'Top-5, %', '<Source')
    lead = (
        'Not measured here: ARID, not synthetic; other backbones, pretraining and protocols. '
        'UKD’s own figures are not public.'
    )
    return Table('published', 'Published on ARID', titles, tuple(rows), lead, groups=tuple(groups))

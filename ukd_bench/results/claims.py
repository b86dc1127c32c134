"""Claims files: what their values must be, reading them, and which one applies."""

import hashlib
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..checks import did_you_mean, is_number
from ..errors import ConfigError, one_line
from ..files.atomic import atomic_write
from ..files.configs import configs_root
from ..files.hashes import digest
from ..files.python import working_folder_on_path
from ..records.folder import SweepPaths
from ..records.regime import CLAIMS, CONTROL, PURPOSES
from ..records.user_code import user_sources
from .rules import DECIDED_AT, Rule, Settings, find_rule

__all__ = [
    *('Claim', 'Claims', 'applying_claims', 'claims_path', 'find_claims', 'keep_claims'),
    *('load_claims', 'sha256_as_it_lies'),
]

Check = tuple[Callable[[Any], bool], str]
"""A test of a value, and in words what the value must be."""

_CLAIM_KEYS = ('id', 'claim', 'rule', 'rule_text')
_DECIDED_ON = {CLAIMS: (CLAIMS,), CONTROL: (CONTROL,), 'all': PURPOSES}
"""Purposes of the regimes that a claim is decided on, by its key ``regimes``."""


def _number(value: Any) -> bool:
    return is_number(value) and math.isfinite(value)


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ''


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value)) and 0 < len({*value}) == len(value)


_FRACTION: Check = (lambda value: _number(value) and 0 < value < 1, 'a number between 0 and 1')
SETTINGS: dict[str, Check] = {
    'schema': (lambda value: value == 1, '1'),
    'combine': (lambda value: value == 'all', "'all'"),
    'confidence': _FRACTION,
    'alpha': _FRACTION,
    'power': _FRACTION,
    'smallest_gain': (lambda value: _number(value) and 0 <= value <= 1, 'a fraction'),
    'bootstrap_draws': (lambda value: type(value) is int and value > 0, 'a positive whole number'),
    'bootstrap_seed': (lambda value: type(value) is int and value >= 0, 'a whole number from 0 on'),
    'claim': (
        lambda value: isinstance(value, list) and all(isinstance(one, dict) for one in value),
        'a list of tables, [[claim]]',
    ),
}

KINDS: dict[str, Check] = {
    'method': (_text, 'the name of a method'),
    'methods': (_texts, 'a list of different methods'),
    'number': (_number, 'a number'),
    'text': (_text, 'a text'),
    'claim': (_text, 'the id of a claim'),
    'scale': (lambda value: value in DECIDED_AT, f'one of {", ".join(DECIDED_AT)}'),
}
_OPTIONAL: dict[str, Check] = {
    'regimes': (lambda value: value in [*_DECIDED_ON], f'one of {", ".join(_DECIDED_ON)}'),
    'control_of': KINDS['claim'],
}
"""Keys that any claim may have."""


def require(table: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Refuses a table that lacks a key, has one too many, or a value of another kind.

    Raises:
        ConfigError: naming the key and the value.
    """
    for key in checks:
        if key not in table:
            raise ConfigError(f'key {key!r} is absent')
    for key, value in table.items():
        if key not in checks:
            raise ConfigError(f'key {key!r} does not exist{did_you_mean(key, checks)}')
        fits, words = checks[key]
        if not fits(value):
            raise ConfigError(f'{key} = {value!r} is not {words}')


@dataclass(frozen=True)
class Claim:
    """One claim of a file, with the rule that decides it.

    Attributes:
        id: Short name of the claim.
        text: What is claimed.
        rule_name: The rule as the file names it.
        rule_text: The rule in words, for the report.
        table: All that the file says of the claim.
        rule: The rule itself.
    """

    id: str
    text: str
    rule_name: str
    rule_text: str
    table: Mapping[str, Any]
    rule: Rule

    @property
    def control_of(self) -> str | None:
        """The claim whose verdict it lends weight to, where it is a control."""
        return self.table.get('control_of')

    @property
    def purposes(self) -> tuple[str, ...]:
        """Purposes of the regimes that it is decided in."""
        return _DECIDED_ON[self.table.get('regimes', CLAIMS)]


@dataclass(frozen=True)
class Claims:
    """A claims file.

    Attributes:
        path: Path of the file.
        settings: What the file sets for all rules.
        claims: The claims in the order of the file.
        content: The file's bytes.
        sha256: SHA-256 of its bytes; where a rule of the user's own decides a claim, it covers the
            code of that rule as well.
    """

    path: Path
    settings: Settings
    claims: tuple[Claim, ...]
    content: bytes
    sha256: str

    @property
    def are_shipped(self) -> bool:
        """Whether they are those that come with the suite: of the paper's abstract."""
        return self.content == claims_path().read_bytes()

    def check_methods(self, known: Iterable[str]) -> None:
        """Refuses a claim on a method that no run can be of.

        Args:
            known: The methods that train a student, the user's own included.

        Raises:
            ConfigError: naming the file, the claim and the key.
        """
        known = tuple(known)
        for claim in self.claims:
            for key, kind in {**claim.rule.keys, **claim.rule.optional}.items():
                value = claim.table.get(key)
                named = {'method': [value], 'methods': value}.get(kind) if value else None
                for method in named or ():
                    if method not in known:
                        there_are = f' (there are {", ".join(known)})'
                        instead = did_you_mean(method, known) or there_are
                        raise ConfigError(
                            f'{self.path}: claim {claim.id!r}: {key}: there is no method '
                            f'{method!r}{instead}'
                        )


def claims_path() -> Path:
    """The shipped claims of the abstract."""
    return configs_root() / 'claims' / 'abstract.toml'


def find_claims(name: str | None) -> Path:
    """The claims file that a sweep's config names; the shipped one where it names none.

    Args:
        name: A path from the working folder, or, where no file lies there, of a shipped file from
            the folder of configs.
    """
    if name is None:
        return claims_path()
    path, shipped = Path(name), configs_root() / name
    return shipped if shipped.is_file() and not path.is_file() else path


def applying_claims(results: Path, given: Path | None = None) -> Path:
    """The claims file that a sweep is judged by.

    Args:
        results: The sweep's folder.
        given: A file that takes the place of the sweep's own.

    Returns:
        ``given``, or the sweep's copy of the rules that it was planned with; the shipped file for a
        sweep without one.
    """
    kept = SweepPaths(results).claims
    return given or (kept if kept.is_file() else claims_path())


def keep_claims(claims: Claims, results: Path) -> None:
    """Writes a claims file into a sweep's folder, where a later report finds it.

    Raises:
        ResultsError: the folder cannot be written.
    """
    atomic_write(SweepPaths(results).claims, lambda file: file.write(claims.content))


def load_claims(path: Path | None = None) -> Claims:
    """Reads and checks a claims file; the shipped one where none is named.

    Raises:
        ConfigError: naming the file, the claim, and the key or value at fault.
    """
    path = path or claims_path()
    content, tables = _read(path)
    settings = _settings(tables, path)
    claims: dict[str, Claim] = {}
    for index, table in enumerate(tables['claim']):
        where = f'{path}: claim {table.get("id", index + 1)!r}'
        try:
            claim = _claim(table, settings, claims)
        except ConfigError as error:
            raise ConfigError(f'{where}: {error}') from error
        claims[claim.id] = claim
    return Claims(path, settings, tuple(claims.values()), content, _sha256(content, tables))


def sha256_as_it_lies(path: Path) -> str | None:
    """The hash of a claims file of somebody else, none of whose rules is imported.

    Returns:
        None where it names rules that are not the suite's, whose code its hash covers.

    Raises:
        ConfigError: the file cannot be read.
    """
    content, tables = _read(path)
    claims = tables.get('claim')
    given = claims if isinstance(claims, list) else []
    named = [str(one.get('rule')) for one in given if isinstance(one, dict)]
    own = any('.' in name for name in named)
    return None if own else hashlib.sha256(content).hexdigest()


def _read(path: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        content = path.read_bytes()
        return content, tomllib.loads(content.decode())
    except OSError as error:
        raise ConfigError(f'{path}: cannot be read ({error.strerror or error})') from error
    except ValueError as error:
        raise ConfigError(f'{path}: not valid TOML ({error})') from error


def _sha256(content: bytes, tables: Mapping[str, Any]) -> str:
    working_folder_on_path()
    sha256, sources = hashlib.sha256(content).hexdigest(), user_sources(tables)
    return digest([sha256, sources]) if sources else sha256


def _settings(tables: Mapping[str, Any], path: Path) -> Settings:
    try:
        require(tables, SETTINGS)
    except ConfigError as error:
        raise ConfigError(f'{path}: {error}') from error
    return Settings(**{field.name: tables[field.name] for field in fields(Settings)})


def _claim(table: dict[str, Any], settings: Settings, earlier: Mapping[str, Claim]) -> Claim:
    own = dict.fromkeys(_CLAIM_KEYS, KINDS['text'])
    require({key: table[key] for key in own if key in table}, own)
    if table['id'] in earlier:
        raise ConfigError('an earlier claim has this id')
    kind = find_rule(table['rule'])
    if unknown := {*kind.keys.values(), *kind.optional.values()} - {*KINDS}:
        raise ConfigError(f'rule {table["rule"]!r}: keys: kind {unknown.pop()!r} does not exist')
    may = {**_OPTIONAL, **{key: KINDS[value] for key, value in kind.optional.items()}}
    added = {key: check for key, check in may.items() if key in table}
    require(table, own | {key: KINDS[value] for key, value in kind.keys.items()} | added)
    kinds = {**kind.keys, **kind.optional}
    named = [key for key, value in kinds.items() if value == 'claim' and key in table]
    for key in [*named, *(key for key in added if key == 'control_of')]:
        if table[key] not in earlier:
            raise ConfigError(f'{key} {table[key]!r} is no earlier claim')
    try:
        rule = kind(table, settings)
    # Anybody's rule may refuse its values in any way.
    except Exception as error:
        raise ConfigError(f'rule {table["rule"]!r}: {one_line(error)}') from error
    return Claim(table['id'], table['claim'], table['rule'], table['rule_text'], table, rule)

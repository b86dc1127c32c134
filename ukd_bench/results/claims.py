"""The claims file: which claims a sweep is judged by, and the rule that decides each."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..errors import ConfigError, one_line
from ..files.atomic import atomic_write
from ..files.configs import configs_root
from ..files.hashes import digest
from ..files.imports import working_folder_on_path
from ..records.folder import SweepPaths
from ..records.key import user_sources
from .rules import Rule, Settings, find_rule
from .value_checks import KINDS, SETTINGS, hint, require

__all__ = [
    *('Claim', 'Claims', 'applying_claims', 'claims_path', 'claims_sha256', 'find_claims'),
    *('keep_claims', 'load_claims'),
]

_CLAIM_KEYS = ('id', 'claim', 'rule', 'rule_text')


@dataclass(frozen=True)
class Claim:
    """One claim of a file, with the rule that decides it.

    Attributes:
        id: Its short name.
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


@dataclass(frozen=True)
class Claims:
    """A claims file.

    Attributes:
        path: Where it lies.
        settings: What it sets for all rules.
        claims: In the order of the file.
        content: Its bytes.
        sha256: Over its bytes and the code of rules of the user's own, see :func:`claims_sha256`.
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
            for key, kind in claim.rule.keys.items():
                value = claim.table[key]
                named = [value] if kind == 'method' else value if kind == 'methods' else []
                for method in named:
                    if method not in known:
                        instead = hint(method, known) or f' (there are {", ".join(known)})'
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
        name: A path from the working folder, or of a shipped file from the folder of configs.
    """
    if name is None:
        return claims_path()
    shipped = configs_root() / name
    return shipped if shipped.is_file() else Path(name)


def applying_claims(results: Path, given: Path | None = None) -> Path:
    """The claims file that a sweep is judged by.

    Args:
        results: The sweep's folder.
        given: A file that takes the place of its own.

    Returns:
        ``given``, or the sweep's copy of the rules that it was planned with; the shipped file for a
        sweep without one.
    """
    kept = SweepPaths(results).claims
    return given or (kept if kept.is_file() else claims_path())


def keep_claims(claims: Claims, results: Path) -> None:
    """Writes a claims file into a sweep's folder, where a later report finds it.

    Raises:
        ResultsError: it cannot be written.
    """
    atomic_write(SweepPaths(results).claims, lambda file: file.write(claims.content))


def claims_sha256(path: Path | None = None) -> str:
    """SHA-256 of a claims file, for a sweep's plan.

    It is that of the file's bytes; where a rule of the user's own decides a claim, it covers the
    code of that rule as well. Neither the rule nor the file is run or checked.

    Raises:
        ConfigError: the file cannot be read.
    """
    content, tables = _read(path or claims_path())
    return _sha256(content, tables)


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
    if unknown := {*kind.keys.values()} - {*KINDS}:
        raise ConfigError(f'rule {table["rule"]!r}: keys: kind {unknown.pop()!r} does not exist')
    require(table, own | {key: KINDS[value] for key, value in kind.keys.items()})
    for key, value in kind.keys.items():
        if value == 'claim' and table[key] not in earlier:
            raise ConfigError(f'{key} {table[key]!r} is no earlier claim')
    try:
        rule = kind(table, settings)
    # Anybody's rule may refuse its values in any way.
    except Exception as error:
        raise ConfigError(f'rule {table["rule"]!r}: {one_line(error)}') from error
    return Claim(table['id'], table['claim'], table['rule'], table['rule_text'], table, rule)

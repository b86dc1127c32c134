"""The claims file, and what a sweep says of each claim: one verdict, with reasons and figures."""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..files.configs import configs_root
from ..files.hashes import file_sha256
from .comparable import Comparison, comparable_runs, compare_top1
from .load import Sweep
from .rules import (
    Finding,
    accuracy_gain,
    combine,
    memory_flat,
    memory_grows,
    memory_same,
    on_dataset,
)
from .statistics import holm

__all__ = [
    *('INCONCLUSIVE', 'NOT_SUPPORTED', 'SUPPORTED', 'Claims', 'Finding', 'Verdict'),
    *('claims_path', 'claims_sha256', 'evaluate', 'load_claims'),
]

_MEMORY_RULES = {
    'memory_grows': (memory_grows, ('method', 'against', 'least_multiple')),
    'memory_same': (memory_same, ('method', 'against', 'most_multiple')),
    'memory_flat': (memory_flat, ('method', 'most_fraction')),
}
_OTHER_RULES = {'accuracy_gain': ('method', 'against'), 'on_dataset': ('dataset', 'rests_on')}
_SETTINGS = (
    *('schema', 'combine', 'confidence', 'alpha', 'power', 'smallest_gain'),
    *('bootstrap_draws', 'bootstrap_seed', 'claim'),
)


@dataclass(frozen=True)
class Claims:
    """A claims file: its settings, its claims, and the hash of its bytes."""

    settings: dict[str, Any]
    claims: tuple[dict[str, Any], ...]
    sha256: str


@dataclass(frozen=True)
class Verdict:
    """What a sweep says of one claim; ``findings`` are one a backbone (and comparison)."""

    id: str
    claim: str
    rule_text: str
    verdict: str
    reason: str
    findings: tuple[Finding, ...]
    about_memory: bool

    @property
    def seeds_needed(self) -> int | None:
        """The most that any open comparison needs; None where none is known."""
        return max((f.seeds_needed for f in self.findings if f.seeds_needed), default=None)


def claims_path() -> Path:
    """The shipped claims of the abstract."""
    return configs_root() / 'claims' / 'abstract.toml'


def claims_sha256(path: Path | None = None) -> str:
    """SHA-256 of a claims file, for a sweep's plan.

    Raises:
        ResultsError: the file cannot be read.
    """
    return file_sha256(Path(path) if path else claims_path())


def load_claims(path: Path | None = None) -> Claims:
    """Reads and checks a claims file.

    Raises:
        ConfigError: naming the file and the key or value at fault.
    """
    path = Path(path) if path else claims_path()
    try:
        content = path.read_bytes()
        settings = tomllib.loads(content.decode())
    except OSError as error:
        raise ConfigError(f'{path}: cannot be read ({error.strerror or error})') from error
    except ValueError as error:
        raise ConfigError(f'{path}: not valid TOML ({error})') from error
    for key in _SETTINGS:
        if key not in settings:
            raise ConfigError(f'{path}: key {key!r} is absent')
    if settings['schema'] != 1 or settings['combine'] != 'all':
        raise ConfigError(f"{path}: schema must be 1 and combine 'all'")
    seen: set[str] = set()
    for claim in settings['claim']:
        _check_claim(claim, seen, path)
    return Claims(settings, tuple(settings['claim']), hashlib.sha256(content).hexdigest())


def evaluate(sweep: Sweep, claims: Claims) -> list[Verdict]:
    """Applies every rule to every backbone, and combines the backbones.

    Args:
        sweep: a loaded sweep; runs that are not done enter no figure.
        claims: the rules.

    Returns:
        One verdict a claim, in the order of the file.
    """
    comparisons = _comparisons(sweep, claims)
    tested = [(key, c) for key, c in comparisons.items() if c and c.difference.p_value is not None]
    corrected = dict(
        zip(
            (key for key, _ in tested),
            holm([c.difference.p_value or 0.0 for _, c in tested]),
            strict=True,
        )
    )
    verdicts: dict[str, Verdict] = {}
    for claim in claims.claims:
        if claim['rule'] in _MEMORY_RULES:
            rule = _MEMORY_RULES[claim['rule']][0]
            findings = [rule(bench, claim, claims.settings) for bench in comparable_runs(sweep)]
        elif claim['rule'] == 'accuracy_gain':
            mine = [key for key in comparisons if key[0] == claim['id']]
            findings = [
                accuracy_gain(
                    key[1],
                    sweep.methods.title(claim['method']),
                    sweep.methods.title(key[2]),
                    comparisons[key],
                    corrected.get(key),
                    claims.settings,
                )
                for key in mine
            ]
        else:
            findings = on_dataset(claim, sweep.dataset, list(verdicts[claim['rests_on']].findings))
        verdict, reason = combine(findings)
        verdicts[claim['id']] = Verdict(
            claim['id'],
            claim['claim'],
            claim['rule_text'],
            verdict,
            reason,
            tuple(findings),
            claim['rule'] in _MEMORY_RULES,
        )
    return list(verdicts.values())


def _comparisons(sweep: Sweep, claims: Claims) -> dict[tuple[str, str, str], Comparison | None]:
    """Every accuracy comparison of the file, by (claim, bench, other method)."""
    settings = claims.settings
    made: dict[tuple[str, str, str], Comparison | None] = {}
    for claim in claims.claims:
        if claim['rule'] != 'accuracy_gain':
            continue
        for bench in comparable_runs(sweep):
            k = bench.largest_full(claim['method'])
            for against in claim['against']:
                # A generator each, so that one comparison's interval does not hang on the others.
                rng = np.random.default_rng(settings['bootstrap_seed'])
                made[claim['id'], bench.label, against] = (
                    None
                    if k is None
                    else compare_top1(
                        *(bench, claim['method'], k, against, rng),
                        *(settings['bootstrap_draws'], settings['confidence']),
                    )
                )
    return made


def _check_claim(claim: dict[str, Any], seen: set[str], path: Path) -> None:
    name = claim.get('id')
    for key in ('id', 'claim', 'rule', 'rule_text'):
        if key not in claim:
            raise ConfigError(f'{path}: claim {name!r}: key {key!r} is absent')
    rules = {**{rule: keys for rule, (_, keys) in _MEMORY_RULES.items()}, **_OTHER_RULES}
    if claim['rule'] not in rules:
        raise ConfigError(
            f'{path}: claim {name!r}: rule {claim["rule"]!r} is none of {", ".join(rules)}'
        )
    for key in rules[claim['rule']]:
        if key not in claim:
            raise ConfigError(f'{path}: claim {name!r}: key {key!r} is absent')
    if claim['rule'] == 'on_dataset' and claim['rests_on'] not in seen:
        raise ConfigError(
            f'{path}: claim {name!r}: rests_on {claim["rests_on"]!r} is no earlier claim'
        )
    seen.add(claim['id'])

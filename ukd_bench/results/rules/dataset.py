"""The rule about which data a claim was measured on."""

from typing import Any, ClassVar

from .rule import INCONCLUSIVE, Evidence, Finding, Rule

_EDITIONS = {'arid': ('v1.0', 'v1.5')}
"""Editions that count as the data set that a claim names."""


class OnDataset(Rule):
    """The findings on an earlier claim where the data set is the one named; else one open finding.

    ``arid`` is either edition of ARID; any other name is what a sweep's config calls its videos.
    """

    keys: ClassVar = {'dataset': 'text', 'rests_on': 'claim'}

    def findings(self, evidence: Evidence) -> list[Finding]:
        """The findings on the claim ``rests_on`` names, if they say something of the data set."""
        named, dataset = self.claim['dataset'], evidence.sweep.dataset
        synthetic = dataset.get('synthetic', False)
        if not synthetic and _is_named(named, dataset):
            return list(evidence.earlier[self.claim['rests_on']])
        reason = (
            f'Nothing was run on {named.upper() if named in _EDITIONS else named}: the data here '
            f'are {"synthetic" if synthetic else "other"} ({dataset.get("name") or "unnamed"}).'
        )
        return [Finding('all', INCONCLUSIVE, reason)]


def _is_named(named: str, dataset: dict[str, Any]) -> bool:
    if named in _EDITIONS:
        return dataset.get('edition') in _EDITIONS[named]
    return bool(dataset.get('name') == named)

"""Rules and claims files of a user's own: how they are found, refused, kept and watched."""

import sys
import textwrap

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.report.page import write_report
from ukd_bench.results.claims import (
    applying_claims,
    claims_path,
    find_claims,
    keep_claims,
    load_claims,
)
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.publish import publish
from ukd_bench.results.verdicts import evaluate

END = 'r2plus1d-r18-w8'

HEAD = """
schema = 1
combine = "all"
confidence = 0.95
alpha = 0.05
power = 0.8
smallest_gain = 0.01
bootstrap_draws = 20
bootstrap_seed = 0
"""

CLAIM = """
[[claim]]
id = "M1"
claim = "It is so."
rule_text = "It must be so."
rule = "own_rules.So"
method = "ukd"
"""

RULE = """
from ukd_bench.results.rules import *

class So(Rule):
    keys = {'method': 'method'}

    def on_bench(self, bench, evidence):
        name = evidence.title(self.claim['method'])
        return Finding(bench.label, SUPPORTED, f'{name} is so.')
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder that is not on the path, as for an installed command."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'path', [item for item in sys.path if item not in ('', str(tmp_path))])
    (tmp_path / 'own_rules.py').write_text(RULE)
    (tmp_path / 'claims.toml').write_text(HEAD + CLAIM)
    yield tmp_path
    sys.modules.pop('own_rules', None)


def verdicts(made, here):
    sweep = load_sweep(made.write(here / 'results'))
    return evaluate(sweep, load_claims(here / 'claims.toml'))


def test_a_rule_is_found_where_the_command_starts(here, made_up):
    (verdict,) = verdicts(made_up.MadeUpSweep(), here)
    assert (verdict.id, verdict.verdict, verdict.reason) == ('M1', 'SUPPORTED', 'UKD is so.')
    assert not verdict.about_memory


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('own_rules.So', 'no_rules.So', r"rule 'no_rules\.So' cannot be imported: No module named"),
        ('own_rules.So', 'own_rules.No', r"rule 'own_rules\.No' cannot be imported: .*'No'"),
        (
            'own_rules.So',
            'own_rules.Finding',
            r'rule .* is no subclass of ukd_bench\.results\.rules\.Rule',
        ),
        ('own_rules.So', 'own_rules.VERDICTS', 'rule .* is no subclass'),
        ('own_rules.So', 'So', "rule 'So' is none of memory_grows, .* and no dotted path"),
        ('"own_rules.So"', '5', 'rule = 5 is not a text'),
        ('method = "ukd"', '', "key 'method' is absent"),
        ('method = "ukd"', 'methode = "ukd"', "key 'method' is absent"),
        ('method = "ukd"', 'method = "ukd"\nk = 2', "key 'k' does not exist"),
        ('method = "ukd"', 'method = ["ukd"]', r"method = \['ukd'\] is not the name of a method"),
        ('claim = "It', 'claims = "It', "key 'claim' is absent"),
    ],
)
def test_a_claim_that_cannot_be_used(here, old, new, message):
    path = here / 'claims.toml'
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ConfigError, match=rf"claims\.toml: claim 'M1': {message}") as caught:
        load_claims(path)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('alpha = 0.05', 'alpha = "small"', "alpha = 'small' is not a number between 0 and 1"),
        ('confidence = 0.95', 'confidence = 95', 'confidence = 95 is not a number between 0 and 1'),
        (
            'bootstrap_draws = 20',
            'bootstrap_draws = 2.5',
            'bootstrap_draws = 2.5 is not a positive whole number',
        ),
        ('power = 0.8', 'power = 0.8\nforce = 1', "key 'force' does not exist"),
        ('power = 0.8', 'power = 0.8\nalfa = 1', "key 'alfa' does not exist; did you mean 'alpha'"),
        ('schema = 1', 'schema = 2', 'schema = 2 is not 1'),
        ('combine = "all"', 'combine = "any"', "combine = 'any' is not 'all'"),
        ('[[claim]]', '[claim]', r'claim = .* is not a list of tables, \[\[claim\]\]'),
    ],
)
def test_settings_that_cannot_be_used(here, old, new, message):
    path = here / 'claims.toml'
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ConfigError, match=rf'claims\.toml: {message}'):
        load_claims(path)


def test_two_claims_of_one_name(here):
    (here / 'claims.toml').write_text(HEAD + CLAIM + CLAIM)
    with pytest.raises(ConfigError, match="claim 'M1': an earlier claim has this id"):
        load_claims(here / 'claims.toml')


def test_a_method_that_no_run_can_be_of(here, made_up):
    path = here / 'claims.toml'
    path.write_text(path.read_text().replace('"ukd"', '"ukdd"'))
    message = "claims.toml: claim 'M1': method: there is no method 'ukdd'; did you mean 'ukd'?"
    with pytest.raises(ConfigError, match=message.replace('?', r'\?')):
        verdicts(made_up.MadeUpSweep(), here)
    load_claims(path).check_methods(['plain', 'ukdd'])


@pytest.mark.parametrize(
    ('rule', 'message'),
    [
        ("keys = {'method': 'meth'}", "rule 'own_rules.So': keys: kind 'meth' does not exist"),
        (
            "keys = {'method': 'method'}\n    def __init__(self, *given): 1 / 0",
            "rule 'own_rules.So': division by zero",
        ),
        ("keys = {'method': 'method'}", 'NotImplementedError: So defines neither on_bench nor'),
        (
            "keys = {'method': 'method'}\n    def comparisons(self): return ['ukd']",
            "rule 'own_rules.So': ValueError: too many values",
        ),
        (
            "keys = {'method': 'method'}\n    def on_bench(self, bench, evidence): {}['x']",
            "rule 'own_rules.So': KeyError: 'x'",
        ),
        (
            "keys = {'method': 'method'}\n"
            "    def on_bench(self, bench, evidence): return Finding('all', 'YES', 'so')",
            "gave Finding.*'YES'.*no Finding with one of SUPPORTED, NOT SUPPORTED, INCONCLUSIVE",
        ),
        (
            "keys = {'method': 'method'}\n"
            '    def on_bench(self, bench, evidence): return Finding(bench, SUPPORTED, 3)',
            'gave Finding.*: bench, reason, regime, and the names and values of figures are text',
        ),
        (
            "keys = {'method': 'method'}\n"
            "    def on_bench(self, bench, evidence): return Finding('a', SUPPORTED, 'so', (1, 2))",
            'TypeError: cannot unpack',
        ),
    ],
)
def test_a_rule_that_fails(here, made_up, rule, message):
    text = f'from ukd_bench.results.rules import *\nclass So(Rule):\n    {rule}\n'
    (here / 'own_rules.py').write_text(text)
    with pytest.raises(ConfigError, match=rf"claims\.toml: claim 'M1': .*{message}"):
        verdicts(made_up.MadeUpSweep(), here)


def test_accuracies_that_a_rule_compares_are_corrected_with_all_others(here, made_up):
    text = RULE + textwrap.indent(
        textwrap.dedent("""
        def comparisons(self):
            return [(self.claim['method'], 'plain')]

        def findings(self, evidence):
            (bench,) = evidence.benches
            tested = evidence.tested[bench.label, self.claim['method'], 'plain']
            gap = tested.comparison.difference
            return [Finding('all', SUPPORTED, f'{gap.p_value!r} {tested.corrected_p!r}')]
        """),
        '    ',
    )
    (here / 'own_rules.py').write_text(text)
    made = made_up.MadeUpSweep()
    (alone,) = verdicts(made, here)
    p_value, corrected = alone.reason.split()
    assert p_value == corrected
    more = CLAIM.replace('"M1"', '"M2"').replace('own_rules.So', 'accuracy_gain')
    (here / 'claims.toml').write_text(
        HEAD + CLAIM + more + 'against = ["plain", "label_smoothing", "two_stream_dark_light"]\n'
    )
    first, second = verdicts(made, here)
    assert first.reason.split()[0] == p_value
    assert float(first.reason.split()[1]) > float(corrected)
    assert len(second.findings) == 3


def test_earlier_findings_and_data_of_ones_own(here, made_up):
    later = """
[[claim]]
id = "M2"
claim = "It is so at night."
rule_text = "M1, at night."
rule = "on_dataset"
dataset = "night"
rests_on = "M1"
"""
    (here / 'claims.toml').write_text(HEAD + CLAIM + later)
    made = made_up.MadeUpSweep()
    for record in made.records.values():
        record['dataset'].update(name='day', synthetic=False)
    assert (
        'Nothing was run on night: the data here are other (day)' in verdicts(made, here)[1].reason
    )
    for record in made.records.values():
        record['dataset'].update(name='night')
    assert verdicts(made, here)[1].verdict == 'SUPPORTED'


def test_the_hash_covers_the_code_of_a_rule(here):
    path = here / 'claims.toml'
    before = load_claims(path).sha256
    (here / 'own_rules.py').write_text(RULE + '# softer\n')
    after = load_claims(path).sha256
    assert after != before
    (here / 'own_rules.py').write_text(RULE)
    assert load_claims(path).sha256 == before
    path.write_text(path.read_text() + '# softer\n')
    assert load_claims(path).sha256 not in (before, after)


def test_which_file_holds(here, made_up):
    results = made_up.MadeUpSweep(seeds=(0,)).write(here / 'results')
    own = here / 'claims.toml'
    assert find_claims(None) == claims_path() == applying_claims(results)
    assert find_claims('claims.toml').resolve() == own
    assert find_claims('claims/abstract.toml') == claims_path()
    keep_claims(load_claims(own), results)
    kept = results / 'claims.toml'
    assert kept.read_bytes() == own.read_bytes()
    assert applying_claims(results) == kept
    assert applying_claims(results, claims_path()) == claims_path()


def warned(results, out, claims=None):
    found = write_report(results, out, claims=claims).doubts
    return any('claims file has changed' in one.text for one in found)


def test_a_report_made_later_goes_by_the_sweeps_own_file_and_flags_edits(here, made_up):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.claims_sha256 = load_claims(here / 'claims.toml').sha256
    results = made.write(here / 'results')
    keep_claims(load_claims(here / 'claims.toml'), results)
    (here / 'claims.toml').unlink()
    assert not warned(results, here / 'out')
    text = (here / 'out' / 'report.md').read_text()
    assert '## Claims\n' in text and '| M1 | **SUPPORTED** |' in text
    assert warned(results, here / 'out', claims_path())
    assert '## Claims of the abstract\n' in (here / 'out' / 'report.md').read_text()
    (here / 'own_rules.py').write_text(RULE.replace('is so.', 'may be so.'))
    assert warned(results, here / 'out')


def test_what_is_published_goes_by_its_own_rules(here, made_up):
    made = made_up.MadeUpSweep(seeds=(0,))
    results = made.write(here / 'results')
    keep_claims(load_claims(here / 'claims.toml'), results)
    publish(results, here / 'public')
    assert (here / 'public' / 'claims.toml').read_bytes() == (here / 'claims.toml').read_bytes()

"""What a sweep finds, printed for pages, and the pages that hold it."""

import re

import pytest

from tests.results.made_up_regimes import made_up_regimes
from ukd_bench.report.__main__ import main
from ukd_bench.report.findings import findings_text
from ukd_bench.results.load_full_size import find_full_size

from .findings import BLOCK, PAGE, ROOT, told

END = 'r2plus1d-r18-w8'
PLAIN = [0.7, 0.7125, 0.7, 0.725, 0.7]
TOP1 = {
    'bright': dict(
        plain=PLAIN,
        label_smoothing=PLAIN,
        ukd=[one - 0.05 for one in PLAIN],
        shuffled_across=[0.5, 0.5125, 0.5, 0.5, 0.4875],
        naive=[0.65],
    ),
    'noisy': dict(plain=[one - 0.3 for one in PLAIN], ukd=[0.6, 0.6125, 0.6, 0.5875, 0.6]),
}


@pytest.fixture
def results(tmp_path):
    return made_up_regimes(TOP1).write(tmp_path / 'results')


def section(text: str, title: str) -> str:
    return text.split(f'### {title}')[1].split('\n### ')[0]


def test_each_verdict_with_its_figures_in_its_regime(results):
    text = findings_text(results)
    assert '320 training and 80 test clips' in text
    verdicts = dict(re.findall(r'^\| (\w\d) \| \*\*([A-Z ]+)\*\*', text, re.MULTILINE))
    assert [*verdicts] == ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'P1', 'N1']
    assert (verdicts['C4'], verdicts['P1'], verdicts['N1']) == (
        *('NOT SUPPORTED', 'SUPPORTED', 'SUPPORTED'),
    )
    rows = re.findall(r'^\| (C4|P1|N1) \| (.*) \| $', section(text, 'What the ver'), re.MULTILINE)
    assert [name for name, _ in rows] == ['C4', 'C4', 'P1', 'N1']
    # Equal gaps have no spread, and so no effect size.
    assert rows[0][1] == (
        rf'{END} | UKD (K = 2) − plain | −5.0 | \[−5.0, −5.0\] | 5 | – | \< 0.001 | – | NOT '
        'SUPPORTED'
    )
    assert rows[2][1].startswith(
        rf'{END} (noisy) | UKD (K = 2) − plain | +19.3 | \[+17.2, +21.3\] | 5 | +11.5 |'
    )
    assert 'pretrained on darkroom-bright, 20 epochs; fixed normalisation' in verdict_of(text, 'C4')


def verdict_of(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f'| {name} | **'))


def test_controls_cost_teachers_and_what_is_open(results):
    text = findings_text(results)
    assert 'a “no” on C4 counts' in section(text, 'Controls of C4')
    assert 'at K = 2 one student takes 6 min 11 s by UKD' in section(text, 'From when UKD pays')
    assert f'On {END}, the best teacher, 65.0 %, is no better' in section(
        text, 'What the teachers k'
    )
    left = re.findall(r'^- (\w\d):', section(text, 'What remains open'), re.MULTILINE)
    assert left == ['C1', 'C3', 'C5', 'C6']


def test_equal_results_give_equal_text(results):
    assert findings_text(results) == findings_text(results)


def test_the_command_prints_it(results, tmp_path, capsys):
    assert main([str(results), '--findings']) == 0
    assert capsys.readouterr().out == findings_text(results, memory=find_full_size())
    with pytest.raises(SystemExit) as ended:
        main([str(results), '--findings', '--out', str(tmp_path / 'out')])
    assert ended.value.code == 2
    assert 'not allowed with argument --findings' in capsys.readouterr().err


def test_the_page_holds_what_the_reference_says():
    """After a new reference: ``python -m tests.report.findings``, then read the page."""
    (found,) = BLOCK.finditer(PAGE.read_text())
    assert found[3] == told(found[2])


def test_every_figure_that_the_page_tells_is_in_the_block():
    text = PAGE.read_text()
    (found,) = BLOCK.finditer(text)
    assert unknown(text.replace(found[3], ''), found[3]) == []
    assert unknown('It gains 17.35 points.', found[3]) == ['17.35']


def test_every_figure_on_the_first_screen_is_in_the_findings():
    first = (ROOT / 'README.md').read_text().split('\n## ')[0]
    (found,) = BLOCK.finditer(PAGE.read_text())
    assert unknown(first, found[3]) == []


def unknown(text: str, known: str) -> list[str]:
    """Figures with a decimal in a text, arXiv's numbers aside, that are not in another."""
    text = re.sub(r'(?i)arxiv[^\s)]*(?: \d{4}\.\d{5})?', '', text)
    return [one for one in re.findall(r'\d+\.\d+', text) if not re.search(rf'\b{one}\b', known)]

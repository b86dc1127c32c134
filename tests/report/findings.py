"""The block of docs/FINDINGS.md: ``python -m tests.report.findings`` rewrites it, nothing else."""

import re
from pathlib import Path

from ukd_bench.report.findings import findings_text
from ukd_bench.results.load_full_size import find_full_size

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / 'docs' / 'FINDINGS.md'
BLOCK = re.compile(
    r'^(<!-- findings of (\S+) -->\n)(.*?)^(?=<!-- end of the findings)', re.MULTILINE | re.DOTALL
)


def told(results: str) -> str:
    """What a published sweep finds, as the page has it."""
    return f'\n{findings_text(ROOT / results, memory=find_full_size())}\n'


def main():
    text = PAGE.read_text()
    PAGE.write_text(BLOCK.sub(lambda found: found[1] + told(found[2]), text))
    print(f'wrote {PAGE}')


if __name__ == '__main__':
    main()

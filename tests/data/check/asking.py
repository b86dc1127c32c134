"""How tests ask what is wrong with a data set, and where its lists are."""

from ukd_bench.data.__main__ import main


def run(capsys, *arguments) -> tuple[int, str]:
    """Calls the command; returns its status and what it prints."""
    capsys.readouterr()
    status = main(['check', *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def kinds(report) -> dict[str, tuple[str, ...]]:
    return {finding.kind: finding.items for finding in report.findings}


def list_of(root, subset='train'):
    return root / 'list_cvt' / f'ARID_split1_{subset}.txt'

"""The methods whose runs hang on each other, carried out from plan to report."""

import json


def test_every_other_method(finished_sweep, tmp_path):
    """One test, since all of them are one call of the sweep."""
    sweep = finished_sweep.copy_to(tmp_path)
    called = sweep.call(
        '--methods', 'naive_graph,swap,chain,mutual,self', '--teachers', '2', report=True
    )
    assert called.returncode == 0, called.stdout + called.stderr
    # Two stages of the chain, a teacher of the student's own kind with its bank, and one run of
    # each method; the pool's teachers and banks are there.
    assert '12 runs: 4 reused, 8 carried out, 0 without a result' in called.stdout

    ukd, naive = sweep.record('ukd', 2), sweep.record('naive', 2)
    for method in ('naive_graph', 'swap'):
        online = sweep.record(method, 2)
        for name in ('initial_state', 'targets', 'student_state'):
            assert online['hashes'][name] == ukd['hashes'][name] is not None
        assert online['counts'] == naive['counts']
    assert _train_peak(sweep.record('naive_graph', 2)) > 1.5 * _train_peak(naive)
    # A CPU is host and device in one.
    assert _train_peak(sweep.record('swap', 2)) is None

    first, second = sweep.record('chain', 1), sweep.record('chain', 2)
    assert first['hashes']['student_state'] == sweep.record('ukd', 1)['hashes']['student_state']
    assert second['hashes']['initial_state'] == first['hashes']['student_state']
    assert [teacher['name'] for teacher in second['teachers']] == ['slowonly-gamma2.5']

    own = sweep.record('self', 1)
    assert [teacher['name'] for teacher in own['teachers']] == ['self-i3d-r18-w8-s0']
    assert own['hashes']['targets'] != first['hashes']['targets']
    pool = json.loads((sweep.results / 'pool.json').read_text())['teachers']
    assert [teacher['name'] for teacher in pool] == ['i3d-gamma1.8', 'slowonly-gamma2.5']

    mutual = sweep.record('mutual', 2)
    assert mutual['hashes']['initial_state'] == ukd['hashes']['initial_state']
    assert mutual['teachers'] == mutual['parents'] == []
    assert _train_peak(mutual) > 1.5 * _train_peak(sweep.record('plain'))

    again = sweep.call()
    assert '13 reused, 0 carried out' in again.stdout, again.stdout + again.stderr
    planned = {row['key'] for row in json.loads((sweep.results / 'plan.json').read_text())['runs']}
    # What only the command line had named stays in the plan, and so in the report.
    assert planned == {record['key'] for record in sweep.records()}
    report = (sweep.report / 'report.md').read_text()
    assert 'All 4 pairs are equal, bit for bit.' in report
    for name in ('Naive, graphs kept', 'Naive, swapped', 'Chain', 'Mutual learning'):
        assert f'| {name} | 2 |' in report
    assert '| Self-distillation | 1 |' in report


def _train_peak(record: dict) -> int | None:
    return record['memory']['train']['allocated_peak_bytes']

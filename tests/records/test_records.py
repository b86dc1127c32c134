import copy
import json
import math

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.files.hashes import canonical_json, digest, file_sha256
from ukd_bench.records.record import read_record, validate_record, write_record

RECORD = dict(
    schema=2,
    key='k' * 12,
    execution='e' * 8,
    status='done',
    method='ukd',
    student='small',
    teacher=None,
    num_teachers=2,
    seed=0,
    split=1,
    schedule={'epochs': 1},
    metrics=dict(top1=0.0, top5=1.0, mean_class=0.5),
    memory={'train': dict(allocated_peak_bytes=7, reserved_peak_bytes=None, process_peak_bytes=9)},
    time={'train_s': 1.5, 'fill_s': None},
    hashes=dict(student_state='w', checkpoint='c', scores='s', curve='l', targets=None),
    counts={},
    teachers=[],
    parents=[],
    environment={'device': dict(kind='cpu', name='Made-up CPU')},
    dataset={},
)


def changed(value, *keys):
    record = copy.deepcopy(RECORD)
    place = record
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    return record


def test_a_complete_record_survives_the_round_trip(tmp_path):
    path = tmp_path / 'run' / 'record.json'
    write_record(path, RECORD)
    read = read_record(path)
    assert len(read.pop('digest')) == 64 and read == RECORD
    assert [child.name for child in path.parent.iterdir()] == ['record.json']


@pytest.mark.parametrize('key', sorted(RECORD))
def test_every_absent_key_is_named(tmp_path, key):
    record = {name: value for name, value in RECORD.items() if name != key}
    with pytest.raises(ResultsError, match=rf"record.json: key '{key}' is absent"):
        validate_record(record, tmp_path / 'record.json')


@pytest.mark.parametrize(
    ('value', 'keys', 'text'),
    [
        ('1', ('schema',), "schema is '1', not 2"),
        (True, ('seed',), 'seed is True, not a whole number from 0 on'),
        (2**63, ('seed',), 'seed is 9223372036854775808, not a whole number'),
        (None, ('num_teachers',), 'num_teachers is None'),
        (1, ('schema',), 'schema is 1, not 2'),
        ('finished', ('status',), "status is 'finished', not one of pending, running, done"),
        ('UKD 2', ('method',), "method is 'UKD 2', not the name of a method"),
        (68.0, ('metrics', 'top1'), 'metrics.top1 is 68.0, not a fraction'),
        (True, ('metrics', 'top1'), 'metrics.top1 is True, not a fraction'),
        (math.nan, ('metrics', 'top5'), 'metrics.top5 is nan'),
        (None, ('metrics', 'mean_class'), 'metrics.mean_class is None'),
        (None, ('metrics',), 'metrics is None, not an object'),
        (0, ('memory', 'train', 'allocated_peak_bytes'), 'memory.train.allocated_peak_bytes is 0'),
        (1.5, ('memory', 'train', 'process_peak_bytes'), 'process_peak_bytes is 1.5'),
        (5, ('memory', 'train'), 'memory.train is 5, not an object'),
        (-1, ('time', 'train_s'), 'time.train_s is -1'),
        (0, ('time', 'train_s'), 'time.train_s is 0, not a positive number'),
        (math.inf, ('time', 'train_s'), 'time.train_s is inf'),
        ('1', ('time', 'train_s'), "time.train_s is '1', not a number"),
        (None, ('hashes', 'scores'), 'hashes.scores is None'),
        ([{}], ('teachers',), r"key 'teachers\[0\].name' is absent"),
        ('best', ('selection',), "selection is 'best', not one of last_epoch"),
        (1, ('environment', 'runs_per_gpu'), 'runs_per_gpu is 1, not a whole number from 2 on'),
        ({'rule': 'mean'}, ('knowledge',), "key 'knowledge.weight' is absent"),
        (
            ['a'] * 10**6,
            ('student',),
            r"student is \['a', 'a', 'a', .*\.\.\. \(\d+ characters\), not a",
        ),
        ('s\nt', ('student',), r"student is 's\\nt', not a line of text"),
    ],
)
def test_a_wrong_value_is_named(tmp_path, value, keys, text):
    with pytest.raises(ResultsError, match=text) as told:
        validate_record(changed(value, *keys), tmp_path / 'record.json')
    assert '\n' not in str(told.value) and len(str(told.value)) < 300 + len(str(tmp_path))


def test_an_absent_figure_is_not_the_same_as_null(tmp_path):
    record = copy.deepcopy(RECORD)
    del record['memory']['train']['reserved_peak_bytes']
    with pytest.raises(ResultsError, match=r"key 'memory\.train\.reserved_peak_bytes' is absent"):
        validate_record(record, tmp_path / 'record.json')


def test_one_that_ran_out_of_memory_may_lack_parts(tmp_path):
    record = changed('oom', 'status') | dict(hashes={}, metrics=None)
    assert validate_record(record, tmp_path)['hashes'] == {}


def test_an_edited_record_is_refused(tmp_path, rewrite):
    path = tmp_path / 'record.json'
    write_record(path, RECORD)
    whole = path.read_text()
    for value, keys in ((0.25, ('metrics', 'top1')), ('oom', ('status',)), ('0' * 64, ('digest',))):
        rewrite(path, value, *keys)
        with pytest.raises(
            ResultsError, match=r'record.json: edited or damaged, its digest is not'
        ):
            read_record(path)
        path.write_text(whole)
    # How it is laid out is no part of it.
    path.write_text(json.dumps(json.loads(whole), sort_keys=True))
    assert read_record(path)['metrics'] == RECORD['metrics']


def test_a_record_of_an_earlier_release_is_refused(tmp_path):
    path = tmp_path / 'record.json'
    path.write_text(json.dumps(RECORD | dict(schema=1)))
    with pytest.raises(ResultsError, match=r'schema 1 is not 2, which this release reads$'):
        read_record(path)


def test_what_json_makes_of_values_is_what_the_digest_covers(tmp_path):
    """Tuples read back as lists, and keys that are numbers as text."""
    path = tmp_path / 'record.json'
    write_record(path, RECORD | dict(config={'shape': (1, 2), 10: 'a', 9: 'b', 'text': 'ö€'}))
    assert read_record(path)['config'] == {'shape': [1, 2], '10': 'a', '9': 'b', 'text': 'ö€'}


def test_an_invalid_record_is_never_written(tmp_path):
    path = tmp_path / 'record.json'
    with pytest.raises(ResultsError):
        write_record(path, changed('?', 'method'))
    assert not path.exists()


def test_a_record_that_did_not_finish_may_lack_metrics_but_a_list_is_no_record(tmp_path):
    assert (
        validate_record(changed('oom', 'status') | {'metrics': None}, tmp_path)['metrics'] is None
    )
    with pytest.raises(ResultsError, match=r'record\.json: no JSON object'):
        validate_record([RECORD], tmp_path / 'record.json')


def test_canonical_json_and_digest_ignore_order_and_nothing_else():
    assert canonical_json({'b': 1, 'a': [1, 'ö']}) == '{"a":[1,"\\u00f6"],"b":1}'
    assert digest({'a': 1, 'b': 2}) == digest({'b': 2, 'a': 1})
    assert digest({'a': 1}) != digest({'a': 1.5})
    assert digest([1, 2]) != digest([2, 1])
    assert digest('', 8) == '12ae32cb'  # sha256sum of the two characters ""
    with pytest.raises(ValueError, match='JSON'):
        digest(math.nan)


def test_file_sha256(tmp_path):
    (tmp_path / 'a').write_bytes(b'abc')
    assert file_sha256(tmp_path / 'a').startswith('ba7816bf8f01cfea')
    with pytest.raises(ResultsError, match='absent: cannot be read'):
        file_sha256(tmp_path / 'absent')

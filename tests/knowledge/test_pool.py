import json

import pytest

from ukd_bench.errors import ConfigError, ResultsError
from ukd_bench.knowledge.pool import PoolEntry, read_pool, teacher_facts

ENTRY = dict(name='a', key='k', config='c.py', checkpoint='c.pth', bank='bank')


@pytest.fixture
def pool(tmp_path):
    def write(*entries):
        (tmp_path / 'pool.json').write_text(json.dumps({'teachers': entries}))
        return tmp_path / 'pool.json'

    return write


def test_paths_are_relative_to_the_pools_folder(pool, tmp_path):
    absolute = ENTRY | dict(name='b', bank=str(tmp_path / 'elsewhere'), key='')
    absolute.pop('key')
    first, second = read_pool(pool(ENTRY, absolute))
    assert first == PoolEntry('a', 'k', *(tmp_path / name for name in ('c.py', 'c.pth', 'bank')))
    assert second.bank == tmp_path / 'elsewhere' and second.key == ''


def test_k_teachers_are_the_first_k(pool):
    path = pool(*(ENTRY | dict(name=name) for name in 'abc'))
    assert [entry.name for entry in read_pool(path, 2)] == ['a', 'b']
    assert [entry.name for entry in read_pool(str(path))] == ['a', 'b', 'c']
    for count in (0, 4, '2', 1.0, True):
        with pytest.raises(ConfigError, match=rf'num_teachers = {count!r} is not in 1 to 3'):
            read_pool(path, count)


def test_a_list_in_a_config_will_do():
    assert read_pool([ENTRY])[0].config.name == 'c.py'


@pytest.mark.parametrize('field', ['name', 'config', 'checkpoint'])
def test_an_incomplete_entry_is_named(pool, field):
    with pytest.raises(ConfigError, match=rf"pool.json: teacher 2: key '{field}' is absent"):
        read_pool(pool(ENTRY, {key: value for key, value in ENTRY.items() if key != field}))


def test_what_is_no_pool_is_named(pool, tmp_path):
    with pytest.raises(ConfigError, match=r'pool.json: names no teacher'):
        read_pool(pool())
    with pytest.raises(ConfigError, match=r'pool.json: teacher 1: '):
        read_pool(pool('a.pth'))
    (tmp_path / 'pool.json').write_text('[1]')
    with pytest.raises(ConfigError, match=r'pool.json: names no teacher'):
        read_pool(tmp_path / 'pool.json')
    (tmp_path / 'pool.json').write_text('teachers:')
    with pytest.raises(ResultsError, match=r'pool.json: not valid JSON'):
        read_pool(tmp_path / 'pool.json')
    with pytest.raises((ConfigError, ResultsError), match=r'absent.json'):
        read_pool(tmp_path / 'absent.json')


def test_facts_name_the_checkpoints_bytes(tmp_path):
    (tmp_path / 'c.pth').write_bytes(b'abc')
    facts = teacher_facts(read_pool([ENTRY | dict(checkpoint=str(tmp_path / 'c.pth'))])[0], 44)
    assert facts.pop('checkpoint_sha256').startswith('ba7816bf')
    assert facts == dict(name='a', key='k', state_bytes=44)


def test_what_may_be_said_of_a_teacher_from_elsewhere(pool, tmp_path):
    more = dict(classes=['Run', 'Sit'], sha256='0123abcd', checkpoint='https://x.org/m/a.pth?v=1')
    (entry,) = read_pool(pool(ENTRY | more))
    assert (entry.classes, entry.sha256) == (('Run', 'Sit'), '0123abcd')
    assert (entry.url, str(entry.checkpoint)) == ('https://x.org/m/a.pth?v=1', 'a.pth')


def test_a_hash_may_be_in_capitals():
    assert read_pool([ENTRY | dict(sha256='ABCDEF01')])[0].sha256 == 'abcdef01'


@pytest.mark.parametrize(
    ('more', 'text'),
    [
        (dict(sha256='12345'), "sha256 '12345' is not 8 to 64 hexadecimal digits"),
        (dict(classes='names.txt'), "classes 'names.txt' is not a list of different names"),
        (dict(classes=['a', 'a']), r"classes \['a', 'a'\] is not a list of different names"),
        (dict(classes=5), 'classes 5 is not a list of different names'),
        (dict(classes=[['a'], ['b']]), r"classes \[\['a'\], \['b'\]\] is not a list of different"),
        (dict(classes=[1, 2]), r'classes \[1, 2\] is not a list of different names'),
        (dict(sha256=12345678), 'sha256 12345678 is not text in quotes'),
        (dict(name=1), 'name 1 is not text in quotes'),
        (dict(config=5), 'config 5 is not text in quotes'),
        (dict(checkpoint=['c.pth']), r"checkpoint \['c.pth'\] is not text in quotes"),
        (dict(bank=0), 'bank 0 is not text in quotes'),
        (dict(key=7), 'key 7 is not text in quotes'),
        (dict(weights='a'), "key 'weights' is none of name, config, checkpoint, bank, key"),
    ],
)
def test_what_is_wrong_in_an_entry_is_named(pool, more, text):
    with pytest.raises(ConfigError, match=rf'pool.json: teacher 1: {text}'):
        read_pool(pool(ENTRY | more))


def test_two_teachers_of_one_name_are_refused(pool):
    with pytest.raises(ConfigError, match=r"pool.json: two teachers have the name 'a'"):
        read_pool(pool(ENTRY, ENTRY | dict(bank='other')))


def test_a_bank_is_asked_for_by_name_where_somebody_needs_it(pool):
    without = {key: value for key, value in ENTRY.items() if key != 'bank'}
    (entry,) = read_pool(pool(without))
    assert entry.bank_folder is None
    with pytest.raises(ConfigError, match=r"pool: teacher 'a' has no bank: give its entry 'bank'"):
        _ = entry.bank
    (entry,) = read_pool(pool(ENTRY))
    assert entry.bank == entry.bank_folder

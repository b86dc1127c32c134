"""A method of the user's own: what its dict may hold, and what follows from what it holds."""

import json

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.methods.known import KnownMethods
from ukd_bench.methods.looks import LOOKS
from ukd_bench.methods.own import own_method, own_methods, require_importable
from ukd_bench.methods.table import METHODS, STUDENT_METHODS

OWN = dict(
    name='top',
    hook='my_methods.TopHook',
    reads='banks',
    title='top-class UKD',
    sentence='UKD from the best classes.',
)


def read(**changes):
    return own_method({**OWN, **changes}, 'mine.py: methods[2]')


def test_what_follows_from_little():
    own = read()
    assert (own.row.by_count, own.row.parents, own.row.folds) == (True, 'pool', 'all')
    assert own.row.distils and own.row.borrows == 'ukd'
    plain = read(reads=None).row
    assert (plain.by_count, plain.distils, plain.borrows) == (False, False, 'plain')
    peers = read(reads=None, by_count=True, fewest=2, folds='others').row
    assert (peers.distils, peers.borrows, peers.num_folded(3)) == (True, 'ukd', 2)
    assert read(hook=None, reads=None).row.borrows is None
    kind = read(parents='own_kind').row
    assert (kind.by_count, kind.folds, kind.num_folded(4)) == (False, 'one', 1)
    assert read(parents='stages').row.by_count
    assert read(epoch_work=2, teacher_work=0.5).row.work(10, 4) == 40


def test_a_hook_with_arguments():
    row = read(hook=dict(type='my_methods.TopHook', classes=3)).row
    assert (row.hook, row.arguments) == ('my_methods.TopHook', {'classes': 3})


def test_what_a_plan_keeps_reads_back_as_the_same():
    looks = dict(colour='#123456', marker=(5, 1, 0), dash=(6, 2), count_meaning='counts')
    own = read(hook=dict(type='my_methods.TopHook', classes=3), **looks)
    again = own_method(json.loads(json.dumps(own.given)), 'plan.json')
    assert again == own
    assert own.look.marker == (5, 1, 0)


@pytest.mark.parametrize(
    ('changes', 'complaint'),
    [
        (dict(titel='x'), "key 'titel' does not exist; did you mean 'title'?"),
        (dict(own_step=True), "key 'own_step' does not exist"),
        (dict(name='Top K'), "name = 'Top K' is not a name of small letters"),
        (dict(name='../up'), "name = '../up' is not a name"),
        (dict(name='swap'), "name 'swap' is a method of the suite's"),
        (dict(name='teacher'), "name 'teacher' is a kind of run of the suite's"),
        (dict(name='bank'), "name 'bank' is a kind of run of the suite's"),
        (dict(title='UKD'), "title 'UKD' is the suite's method 'ukd'"),
        (dict(title='Self-Distillation'), "is the suite's method 'self'"),
        (dict(title='Ensemble'), "title 'Ensemble' is the suite's kind of run 'ensemble'"),
        (dict(title=''), "title = '' is not a line of text"),
        (dict(sentence='a\nb'), 'is not a line of text'),
        (dict(hook='TopHook'), "hook = 'TopHook' is not a dotted path"),
        (dict(hook='my methods.TopHook'), 'is not a dotted path'),
        (dict(hook=dict(classes=2)), "is not a dotted path, or a dict with one as its 'type'"),
        (dict(hook=dict(type='m.H', pool='p')), "hook has 'pool', which every plan sets itself"),
        (dict(hook=dict(type='m.H', x=1j)), 'holds other than plain values'),
        (dict(hook=None), "reads = 'banks', but there is no hook that reads them"),
        (dict(reads='bank'), "reads = 'bank' is not one of 'banks', 'checkpoints', None"),
        (dict(parents='mine'), "parents = 'mine' is not one of 'pool', 'own_kind', 'stages'"),
        (dict(parents='stages', reads='checkpoints'), "'stages' needs reads = 'banks'"),
        (dict(by_count=False), "by_count = False does not go with parents = 'pool'"),
        (
            dict(by_count=True, parents='own_kind'),
            "by_count = True does not go with parents = 'own_kind'",
        ),
        (dict(by_count=1), 'by_count = 1 is not True or False'),
        (dict(fewest=0), 'fewest = 0 is not a whole number of at least 1'),
        (dict(folds='some'), "folds = 'some' is not one of"),
        (dict(borrows='mine'), "borrows = 'mine' is not one of 'plain', 'label_smoothing'"),
        (dict(reads=None, borrows='ukd'), "borrows = 'ukd', whose hook has teachers"),
        (dict(epoch_work=-1), 'epoch_work = -1 is not a number of at least 0'),
        (dict(teacher_work=True), 'teacher_work = True is not a number'),
        (dict(colour='red'), "colour = 'red' is not a colour like #0072b2"),
        (dict(marker='x'), "marker = 'x' is not a marker of matplotlib's that has a face"),
        (dict(marker=(1, 2)), 'is not a marker'),
        (dict(dash=(1, 2, 3)), 'dash = (1, 2, 3) is not a list of lengths'),
    ],
)
def test_a_mistake_is_one_line_that_names_it(changes, complaint):
    with pytest.raises(ConfigError) as caught:
        read(**changes)
    message = str(caught.value)
    assert message.startswith('mine.py: methods[2]: ') and complaint in message
    assert '\n' not in message.replace('\\n', '')


@pytest.mark.parametrize('key', ['name', 'title', 'sentence'])
def test_what_must_be_there(key):
    with pytest.raises(ConfigError, match=rf"methods\[2\]: key '{key}' is absent"):
        own_method({name: value for name, value in OWN.items() if name != key}, 'methods[2]')


def test_two_are_not_taken_for_one_another():
    with pytest.raises(ConfigError, match="methods: two methods have the name 'top'"):
        own_methods({0: OWN, 3: OWN | dict(title='other')}, 'methods')
    with pytest.raises(ConfigError, match="methods: two methods have the title 'top-class ukd'"):
        own_methods({0: OWN, 3: OWN | dict(name='other', title='Top-class UKD')}, 'methods')


def test_a_hook_that_nobody_finds(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match=r"method 'top': hook 'my_methods\.TopHook': there is no"):
        require_importable(read().row)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / 'my_methods.py').write_text('raise RuntimeError("nobody imports this")')
    require_importable(read().row)


def known(*dicts) -> KnownMethods:
    return KnownMethods(own_methods(dict(enumerate(dicts)), 'methods'))


def test_own_methods_come_after_the_suites():
    methods = known(OWN, OWN | dict(name='next', title='next'))
    assert tuple(methods.rows) == (*STUDENT_METHODS, 'top', 'next')
    assert methods.position('top') < methods.position('next') < methods.position('teacher')
    assert (methods.title('top'), methods.heading('top')) == ('top-class UKD', 'Top-class UKD')
    assert methods.heading('of_nobody') == 'Of nobody'


def test_methods_that_choose_no_looks_get_some_that_are_free():
    many = [OWN | dict(name=f'own_{n}', title=f'own {n}') for n in range(6)]
    many[3] |= dict(colour='#e69f00', marker='h', dash=())
    methods = known(*many)
    own = [methods.look(one['name']) for one in many]
    for key in ('colour', 'marker', 'dash'):
        suite = {getattr(look, key) for look in LOOKS.values()}
        free = [getattr(look, key) for n, look in enumerate(own) if n != 3]
        assert len(set(free)) >= 4 and getattr(own[3], key) not in free
        assert not suite & set(free) - {None}
    assert len({(look.colour, look.marker) for look in own}) == len(own)
    assert len({look.colour for look in own}) == len(own)
    # However many there are, there is a look for each.
    crowd = known(*(OWN | dict(name=f'own_{n}', title=f'own {n}') for n in range(30)))
    assert len({(look.colour, look.marker) for look in crowd.looks.values()}) == 30 + len(LOOKS)


def test_the_same_name_in_two_sweeps():
    one = known(OWN)
    assert one.identity('ukd') == 'ukd' and one.identity('teacher') == 'teacher'
    same = known(OWN | dict(title='other looks', colour='#000000', epoch_work=3))
    assert one.identity('top') == same.identity('top') != 'top'
    for other in (dict(hook='my_methods.Other'), dict(reads='checkpoints'), dict(fewest=2)):
        assert known(OWN | other).identity('top') != one.identity('top')
    with_arguments = known(OWN | dict(hook=dict(type='my_methods.TopHook', classes=3)))
    assert with_arguments.identity('top') != one.identity('top')
    assert with_arguments.label('top') == 'top-class UKD (my_methods.TopHook, classes=3)'
    assert one.label('ukd') == 'UKD'


def test_every_name_is_a_name():
    from ukd_bench.methods.table import NAME

    assert len(METHODS) == 21
    assert all(NAME.fullmatch(name) for name in METHODS)

"""What a sweep's rule, weight and temperature change in a plan, and what they leave."""

from ukd_bench.methods.distillation import Distillation
from ukd_bench.methods.table import METHOD_TABLE

from .planned import hook_of, keys_of, planned, run_of


def test_rule_weight_and_temperature_are_those_of_the_sweep():
    methods = ('plain', 'ukd', 'naive', 'mutual', 'self', 'label_smoothing')
    before = planned(methods=methods, num_teachers=(2,))
    given = dict(rule=dict(type='mean_logit'), temperature=2)
    after = planned(methods=methods, num_teachers=(2,), distillation=Distillation(**given))
    for method in methods:
        k = {'self': 1}.get(method, 2 if METHOD_TABLE[method].by_count else 0)
        run, unchanged = run_of(after, method, k), run_of(before, method, k)
        hook, own = hook_of(run), hook_of(unchanged)
        assert hook == (own | given if METHOD_TABLE[method].distils else own)
        assert (run.spec.key != unchanged.spec.key) == METHOD_TABLE[method].distils
    # No teacher and no bank is made anew for it.
    for method in ('teacher', 'bank'):
        assert keys_of(before, method) == keys_of(after, method)
    assert keys_of(planned(methods=methods, distillation=Distillation())) == keys_of(
        planned(methods=methods)
    )


def test_a_rule_of_the_users_is_part_of_the_key(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / 'my_rules.py').write_text('class Rule: "A rule."')
    rule = Distillation(rule='my_rules.Rule')

    def keys(**changes):
        plan = planned(methods=('plain', 'ukd'), num_teachers=(1,), **changes)
        return [run_of(plan, 'plain').spec.key, run_of(plan, 'ukd', 1).spec.key]

    plain, ukd = keys(distillation=rule)
    assert keys(distillation=rule) == [plain, ukd]
    (tmp_path / 'my_rules.py').write_text('class Rule: "Another rule."')
    assert keys(distillation=rule)[0] == plain
    assert keys(distillation=rule)[1] != ukd

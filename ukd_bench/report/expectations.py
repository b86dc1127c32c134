"""Where no gain can be expected, because teachers know no more than the student learns alone."""

from ..results import formatting
from ..results.comparable import comparable_runs
from ..results.runs import Sweep
from ..results.teaching import plain_top1, teaching


def no_gain_expected(sweep: Sweep) -> list[str]:
    """A sentence for each bench whose best teacher or ensemble is no better than plain students."""
    found = []
    for bench in comparable_runs(sweep):
        floor, taught = plain_top1(bench), teaching(sweep, bench.regime.name)
        behind = {
            what: f'{what}, {formatting.percent(one[1])} %,'
            for what, one in (('the best teacher', taught.best), ('the ensemble', taught.together))
            if one is not None and floor is not None and one[1] <= floor
        }
        if behind:
            alone = 'the ensemble' not in behind and taught.together is not None
            found.append(
                f'On {bench.label}, {" and ".join(behind.values())} '
                f'{"is" if len(behind) == 1 else "are"} no better than the plain student, '
                f'{formatting.percent(floor)} %: no gain can be expected'
                f'{" from any teacher alone" if alone else ""}.'
            )
    return found

"""What a sweep asks of Slurm for each of its runs, from its config and the command line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ....checks import did_you_mean
from ....errors import ConfigError, quoted

_TIME = re.compile(r'(?:(?P<days>\d+)-)?(?P<parts>\d+(?::\d+){0,2})', re.ASCII)
_WHOLE = ('cpus', 'requeues', 'warning_s')


@dataclass(frozen=True)
class SlurmOptions:
    """What each job asks for; None leaves it to the cluster.

    None of it changes what a run computes, so it is in no key.

    Attributes:
        time: Time limit of a run, in minutes or as ``sbatch --time`` takes it.
        partition, account, qos, reservation, constraint, nodelist, exclude, mem, gres: As the
            options of ``sbatch`` of these names.
        cpus: Cores of each process of a run; None for one a thread.
        gpus: GPUs of a run on CUDA, as ``1`` or ``a100:1``; None for one, where ``gres`` is None.
            A run of several processes has as many, of that type.
        setup: Lines of shell before the run, such as ``module load cuda``.
        extra: Further options of ``sbatch`` by their long names.
        requeues: How often a run that is over its time limit goes on in a further job.
        warning_s: Seconds before the time limit at which a run is told to end.
        poll_s: Seconds between two questions to Slurm.
    """

    time: str | int | None = None
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    reservation: str | None = None
    constraint: str | None = None
    nodelist: str | None = None
    exclude: str | None = None
    mem: str | None = None
    cpus: int | None = None
    gpus: str | int | None = None
    gres: str | None = None
    setup: tuple[str, ...] = ()
    extra: dict = field(default_factory=dict)
    requeues: int = 10
    warning_s: int = 90
    poll_s: float = 5.0

    def given(self) -> dict[str, Any]:
        """The values that are not the defaults, by name."""
        plain = SlurmOptions()
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value != getattr(plain, name)}

    def overlaid(self, words: Sequence[str]) -> 'SlurmOptions':
        """The options with some replaced by what the command line says.

        Args:
            words: ``key=value`` each; of a key that comes twice the last counts, but each ``setup``
                is one more line.

        Raises:
            ConfigError: naming the first that cannot be used.
        """
        known = [one.name for one in fields(self) if one.name != 'extra']
        values: dict[str, Any] = {}
        for word in words:
            key, equals, value = word.partition('=')
            if not equals or key not in known:
                raise ConfigError(
                    f'--slurm {quoted(word)}: is no key=value with one of {", ".join(known)}'
                    f'{did_you_mean(key, known)}'
                )
            if key == 'setup':
                values[key] = (*values.get(key, ()), value)
            else:
                values[key] = _value(key, value)
        changed = replace(self, **values)
        changed.check('--slurm')
        return changed

    def check(self, where: str) -> None:
        """Checks the values, as far as that needs no cluster.

        Args:
            where: How messages begin.

        Raises:
            ConfigError: naming the first that cannot be used.
        """
        for name, value in self.given().items():
            texts = value if name == 'setup' else (value,)
            for text in texts:
                # It becomes a line of a script.
                if isinstance(text, str) and not (text.isprintable() and text.strip()):
                    raise ConfigError(f'{where}: {name} = {quoted(text)} is no text of one line')
        for key, value in self.extra.items():
            plain = isinstance(value, (str, int)) and str(value).isprintable()
            if not re.fullmatch(r'[a-z][a-z0-9-]*', str(key)) or not plain:
                raise ConfigError(
                    f'{where}: extra = {quoted({key: value})} is no option of sbatch by its long '
                    'name, as in dict(licenses="matlab")'
                )
        for name, least in (('cpus', 1), ('requeues', 0), ('warning_s', 1), ('poll_s', 0.1)):
            value = getattr(self, name)
            if value is not None and not value >= least:
                raise ConfigError(f'{where}: {name} = {quoted(value)} is less than {least}')
        if self.time is not None and 60 * self.minutes <= self.warning_s:
            raise ConfigError(
                f'{where}: a run is told warning_s = {self.warning_s} s before its time limit to '
                f'end, and time = {quoted(self.time)} is not longer'
            )

    @property
    def minutes(self) -> int:
        """The time limit, rounded up.

        Raises:
            ConfigError: there is none, or it is none that Slurm takes.
        """
        if self.time is None:
            raise ConfigError(
                "the executor slurm wants a time limit for each run: slurm = dict(time='4:00:00') "
                "in the sweep's config, or --slurm time=4:00:00"
            )
        match = _TIME.fullmatch(str(self.time))
        if match is None:
            raise ConfigError(
                f'slurm: time = {quoted(self.time)} is no time limit, as 90 (minutes), 4:00:00 or '
                '1-12:00:00'
            )
        parts = [*map(int, match['parts'].split(':'))]
        if match['days'] is not None:
            hours, minutes, seconds = (*parts, 0, 0)[:3]
            hours += 24 * int(match['days'])
        elif len(parts) == 3:
            hours, minutes, seconds = parts
        else:
            hours, (minutes, seconds) = 0, (*parts, 0)[:2]
        whole = 60 * hours + minutes + (seconds > 0) * (1 + (seconds - 1) // 60)
        if whole < 1:
            raise ConfigError(f'slurm: time = {quoted(self.time)} is no time limit at all')
        return whole

    def asked(self, kind: str, threads: int, processes: int = 1) -> Mapping[str, Any]:
        """What ``sbatch`` is asked for, by the names that submitit has.

        Args:
            kind: ``cpu`` or ``cuda``.
            threads: Threads of each process of a run.
            processes: Processes of the run, each with a GPU and cores of its own.

        Raises:
            ConfigError: GPUs are asked for, and runs compute on the CPU.
        """
        named = ('partition', 'account', 'qos', 'constraint', 'nodelist', 'exclude', 'mem', 'gres')
        asked = {name: getattr(self, name) for name in named}
        cpus = (self.cpus or threads) * processes
        if kind == 'cuda' and (self.gpus is not None or self.gres is None):
            asked['gpus_per_node'] = self._gpus(processes)
        elif self.gpus is not None and kind != 'cuda':
            raise ConfigError(f'slurm: gpus = {quoted(self.gpus)} needs --device cuda')
        further = dict(self.extra)
        if self.reservation is not None:
            further['reservation'] = self.reservation
        return dict(
            {name: value for name, value in asked.items() if value is not None},
            cpus_per_task=cpus,
            # Since 22.05 a step does not take over what its job has.
            srun_args=[f'--cpus-per-task={cpus}'],
            time=self.minutes,
            signal_delay_s=self.warning_s,
            setup=[*self.setup],
            additional_parameters=further,
        )

    def _gpus(self, processes: int) -> str | int:
        """GPUs of a job, by number or by type and number."""
        if processes == 1:
            return self.gpus or 1
        kind, colon, _ = str(self.gpus).partition(':')
        return f'{kind}:{processes}' if colon else processes


def _value(key: str, text: str) -> str | int | float:
    if key not in (*_WHOLE, 'poll_s'):
        return text
    try:
        return float(text) if key == 'poll_s' else int(text)
    except ValueError:
        raise ConfigError(f'--slurm {key}={quoted(text)}: is no number') from None

"""Kills a small sweep again and again: ``python -m tests.reliability.stress RECORD``.

A sweep is carried out undisturbed, and then from the start as often as it takes, while its
processes are killed at random moments: the sweep's own, the server that runs are forked from, a
run, a process that loads clips, or sweep and run at once. Whenever it has ended it is started
again. Where it has come to all its records they are compared with those of the undisturbed one.
Where Slurm is installed, the sweep goes through it once as well, and its controller is killed. It
leaves a JSON record, and ends with status 1 where anything was not as it should be.
"""

import argparse
import collections
import random
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ukd_bench.files.atomic import write_json
from ukd_bench.records.execution import environment

from ..slurm import cluster as clusters
from . import small
from .processes import Process, marked, wait_until

KINDS = dict(
    sweep=('sweep',), server=('server',), run=('run',), worker=('worker',), both=('sweep', 'run')
)
"""What is killed at once, by what the record calls it."""
MEAN_S = 2.0
"""Mean time from one kill to the next, where there is something to be killed by then."""
_LOOK_S = 0.05


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        kills: How often processes of each kind were killed.
        starts: How often the sweep was started.
        rounds: How often it came to all its records.
        wrong: What was not as it should be, a line each.
    """

    kills: collections.Counter = field(default_factory=collections.Counter)
    starts: int = 0
    rounds: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Kills so far."""
        return sum(self.kills.values())


class Stress:
    """Kills and starts again, until there were enough kills.

    Args:
        folder: An empty folder.
        kills: How many kills.
        seed: Seed of moments and victims.
        say: Called with a line now and then.
    """

    def __init__(
        self, folder: Path, kills: int, seed: int = 0, say: Callable[[str], Any] = print
    ) -> None:
        self.folder = folder
        self.kills = kills
        self.say = say
        self.outcome = Outcome()
        self._random = random.Random(seed)
        self._mark = uuid.uuid4().hex
        # Records as they were first seen in the round, by run.
        self._seen: dict[str, tuple[int, int]] = {}

    def run(self) -> Outcome:
        """Does it all."""
        calm = self.folder / 'undisturbed'
        small.lay_out(calm)
        assert small.carry_out(calm) == 0, (calm / 'sweep.log').read_text()
        expected = small.outcomes(calm)
        while self.outcome.number < self.kills:
            place = self.folder / f'round-{self.outcome.rounds}'
            small.copy_to(calm, place)
            self._round(place)
            self._compare(place, expected)
            self.outcome.rounds += 1
            self.say(f'{self.outcome.number} of {self.kills} kills, {self.outcome.rounds} rounds')
            shutil.rmtree(place)
        if (absence := clusters.absence()) is None:
            place = self.folder / 'slurm'
            small.copy_to(calm, place)
            self._on_slurm(place)
            self._compare(place, expected)
            self.outcome.rounds += 1
        else:
            self.say(f'not on Slurm: {absence}')
        return self.outcome

    def _on_slurm(self, place: Path) -> None:
        """One sweep on a cluster, whose controller is killed and started again under way."""
        self._seen = {}
        options = 'time=10', 'mem=1G', 'poll_s=0.5'
        words = [word for option in options for word in ('--slurm', option)]
        with clusters.running_cluster() as cluster:
            self.outcome.starts += 1
            sweep = small.start(
                place, '--executor', 'slurm', *words, mark=self._mark, **cluster.variables
            )
            records = small.paths_in(place).runs
            assert wait_until(lambda: bool(records()) or sweep.poll() is not None, 300)
            cluster.stop_controller(kill=True)
            self.outcome.kills['slurmctld'] += 1
            self._watch(place, sweep, 3.0)
            cluster.start_controller()
            if (status := sweep.wait()) != 0:
                self._note(f'on Slurm it ended with status {status}')

    def _round(self, place: Path) -> None:
        """One sweep from the start to its last record, through kills while there are to be any."""
        self._seen = {}
        status = None
        while status != 0:
            self.outcome.starts += 1
            before = self.outcome.number
            sweep = small.start(place, '--jobs', '2', '--verify', mark=self._mark)
            while sweep.poll() is None:
                if self.outcome.number < self.kills:
                    self._kill_one(place, sweep)
                else:
                    self._watch(place, sweep, 1.0)
            status = sweep.wait()
            # A process that loads clips looks every few seconds whether its run is there.
            if not wait_until(lambda: not marked(self._mark), 90):
                self._note(f'processes were left: {marked(self._mark)}')
                for process in marked(self._mark):
                    process.kill()
            if status != 0 and self.outcome.number == before:
                log = (place / 'sweep.log').read_text().splitlines()
                self._note(f'nobody killed anything, and it ended with {status}: {log[-1:]}')
                return

    def _kill_one(self, place: Path, sweep: subprocess.Popen) -> None:
        """Kills something at a random moment, where it comes to be there before the sweep ends."""
        self._watch(place, sweep, self._random.expovariate(1 / MEAN_S))
        kind = self._random.choice([*KINDS])
        while sweep.poll() is None:
            here: dict[str, list[Process]] = {}
            for process in marked(self._mark):
                here.setdefault(process.kind, []).append(process)
            if {*KINDS[kind]} <= here.keys():
                self._watch(place, sweep, self._random.uniform(0.0, 0.3))
                victims = [self._random.choice(here[one]) for one in KINDS[kind]]
                # One of them may have ended by now.
                killed = [
                    one for one, victim in zip(KINDS[kind], victims, strict=True) if victim.kill()
                ]
                if killed:
                    self.outcome.kills[kind if len(killed) == len(victims) else killed[0]] += 1
                return
            self._watch(place, sweep, _LOOK_S)

    def _watch(self, place: Path, sweep: subprocess.Popen, seconds: float) -> None:
        """Watches the records for some time, or to the end of the sweep."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and sweep.poll() is None:
            self._look(place)
            time.sleep(min(_LOOK_S, seconds))

    def _look(self, place: Path) -> None:
        """Notes each record when it is first there; another later is one of a second training."""
        for run in small.paths_in(place).runs():
            try:
                found = run.record.stat()
            except OSError:
                continue
            stamp = found.st_ino, found.st_mtime_ns
            if self._seen.setdefault(run.root.name, stamp) != stamp:
                self._note(f'{run.root.name} was carried out to its end twice')
                self._seen[run.root.name] = stamp

    def _compare(self, place: Path, expected: dict[str, dict[str, Any]]) -> None:
        found = small.outcomes(place)
        for name in expected.keys() | found.keys():
            if expected.get(name) != found.get(name):
                self._note(f'{name} is not as in the undisturbed sweep')
        for run in small.paths_in(place).runs():
            # What a killed process had not finished is removed by the next.
            for path in run.root.rglob('.*'):
                if '.lease' not in path.parts:
                    self._note(f'{path.relative_to(place)} was left')

    def _note(self, line: str) -> None:
        self.outcome.wrong.append(line)
        self.say(line)


def main() -> int:
    """Does it, and writes the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('record', type=Path, help='JSON file that is written')
    parser.add_argument('--kills', type=int, default=200)
    parser.add_argument('--seed', type=int, default=0)
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcome = Stress(Path(folder), arguments.kills, arguments.seed).run()
    figures = dict(
        kind='kills',
        environment=environment('cpu', 1),
        seed=arguments.seed,
        kills=dict(sorted(outcome.kills.items())),
        starts=outcome.starts,
        rounds=outcome.rounds,
        wrong=outcome.wrong,
        wall_s=time.monotonic() - began,
    )
    write_json(arguments.record, figures)
    return 1 if outcome.wrong else 0


if __name__ == '__main__':
    sys.exit(main())

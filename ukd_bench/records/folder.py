"""One owner of file names: the folders of a run and of a sweep."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunPaths:
    """The files of one run, all in one folder."""

    root: Path

    @property
    def record(self) -> Path:
        return self.root / 'record.json'

    @property
    def state(self) -> Path:
        """What the run is doing (pending, running, failed, ...); absent before it starts."""
        return self.root / 'state.json'

    @property
    def spec(self) -> Path:
        """The run's specification, from which one process can carry it out."""
        return self.root / 'run.json'

    @property
    def config(self) -> Path:
        return self.root / 'config.py'

    @property
    def scores(self) -> Path:
        return self.root / 'scores.npz'

    @property
    def curve(self) -> Path:
        return self.root / 'curve.csv'

    @property
    def checkpoint(self) -> Path:
        return self.root / 'checkpoint.pth'

    @property
    def best(self) -> Path:
        """Weights of the best epoch so far, while a run that selects one trains."""
        return self.root / 'best.pth'

    @property
    def resume(self) -> Path:
        """The end of the last epoch, from which a run that is cut off goes on."""
        return self.root / 'resume.pth'

    @property
    def fill_progress(self) -> Path:
        """What the views of a bank took that are filled, while it is being filled."""
        return self.root / 'fill.json'

    @property
    def bank(self) -> Path:
        return self.root / 'bank'

    @property
    def log(self) -> Path:
        return self.root / 'log.txt'


@dataclass(frozen=True)
class SweepPaths:
    """The files of one sweep: a plan, a pool of teachers, and one folder a run."""

    root: Path

    @property
    def plan(self) -> Path:
        return self.root / 'plan.json'

    @property
    def claims(self) -> Path:
        """The claims file that the sweep was last planned with, a copy."""
        return self.root / 'claims.toml'

    @property
    def pool(self) -> Path:
        """The ordered list of teachers, with where each one's checkpoint and bank lie."""
        return self.root / 'pool.json'

    def runs(self) -> list[RunPaths]:
        """Folders that hold a record, sorted by name."""
        return [RunPaths(path.parent) for path in sorted(self.root.glob('*/record.json'))]

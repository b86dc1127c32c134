"""Names of all files in the folders of a run and of a sweep."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunPaths:
    """The files of one run, all in one folder."""

    root: Path

    @property
    def record(self) -> Path:
        """The finished run: its figures, hashes and surroundings."""
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
        """The whole config, resolved, as MMEngine reads it."""
        return self.root / 'config.py'

    @property
    def scores(self) -> Path:
        """Class probabilities and labels of all test clips."""
        return self.root / 'scores.npz'

    @property
    def curve(self) -> Path:
        """Mean loss, learning rate and accuracies of every epoch."""
        return self.root / 'curve.csv'

    @property
    def checkpoint(self) -> Path:
        """The weights that were tested."""
        return self.root / 'checkpoint.pth'

    @property
    def deleted(self) -> Path:
        """Says that the checkpoint was deleted on purpose, and which; absent where it was not."""
        return self.root / 'checkpoint_deleted.json'

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
        """How far the fill of a bank is, while it goes on, and what its views took."""
        return self.root / 'fill.json'

    @property
    def bank(self) -> Path:
        """The folder of a bank's scores, of a run that fills one."""
        return self.root / 'bank'

    @property
    def pool(self) -> Path:
        """The ordered list of the run's own teachers, of a run that learns from some."""
        return self.root / 'pool.json'

    @property
    def leases(self) -> Path:
        """The folder that tells who may write in this one, see :mod:`.lease`."""
        return self.root / '.lease'

    @property
    def job(self) -> Path:
        """What a cluster calls the run's job, of a run that was submitted to one."""
        return self.root / 'job.json'

    @property
    def slurm(self) -> Path:
        """The folder of what Slurm and submitit keep of the run's job."""
        return self.root / 'slurm'

    @property
    def log(self) -> Path:
        """What the run printed."""
        return self.root / 'log.txt'


@dataclass(frozen=True)
class SweepPaths:
    """The files of one sweep: a plan, a pool of teachers, and one folder a run."""

    root: Path

    @property
    def plan(self) -> Path:
        """The runs of the sweep, and what they need of each other."""
        return self.root / 'plan.json'

    @property
    def state(self) -> Path:
        """Which process carries the sweep's runs out; absent before the first."""
        return self.root / 'state.json'

    @property
    def claims(self) -> Path:
        """The claims file that the sweep was last planned with, a copy."""
        return self.root / 'claims.toml'

    @property
    def pool(self) -> Path:
        """The ordered list of teachers, with where each one's checkpoint and bank lie."""
        return self.root / 'pool.json'

    @property
    def commands(self) -> Path:
        """Commands that carry the runs out, a line of JSON each; absent unless it was asked for."""
        return self.root / 'commands.jsonl'

    @property
    def samples(self) -> Path:
        """Frames of a few synthetic test clips as networks see them."""
        return self.root / 'samples.json'

    @property
    def tracking(self) -> Path:
        """Files of experiment trackers, where some were asked for."""
        return self.root / 'tracking'

    @property
    def lock(self) -> Path:
        """The lock that sweeps at work in the folder share, and whoever copies it holds alone."""
        return self.root / '.lock'

    @property
    def plan_lock(self) -> Path:
        """The lock of the process that adds to the plan; there for moments."""
        return self.root / '.plan.lock'

    @property
    def slurm(self) -> Path:
        """The folder of what was asked of the machines of a cluster before the first run."""
        return self.root / 'slurm'

    def runs(self) -> list[RunPaths]:
        """Folders that hold a record, sorted by name."""
        return [RunPaths(path.parent) for path in sorted(self.root.glob('*/record.json'))]

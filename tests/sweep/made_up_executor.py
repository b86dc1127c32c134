"""An executor that leaves what runs leave without running any, and who listens to the queue."""

from ukd_bench.files.atomic import write_json
from ukd_bench.sweep.executors import Executor, Resources
from ukd_bench.sweep.executors.devices import Devices
from ukd_bench.sweep.place import Places
from ukd_bench.sweep.schedule import carry_out

from .left_runs import finish

RESOURCES = Resources(Devices('cpu', 'cpu', 'Made-up processor'), jobs=2)


class MadeUp(Executor):
    """Ends every run at its second poll, by what ``endings`` has for its method, or done.

    Attributes:
        order: Keys in the order of starts.
        most: Runs that were under way at once.
    """

    poll_s = 0.0

    def __init__(self, state, **endings):
        super().__init__(RESOURCES)
        self.state, self.endings = state, endings
        self.order, self.polled, self.most, self.stopped = [], {}, 0, 0

    def start(self, job):
        assert (job.folder / 'run.json').is_file() and (job.folder / 'config.py').is_file()
        self.order.append(job.key)
        self.polled[job.key] = 0
        self.most = max(self.most, len(self.polled))

    def poll(self, job):
        self.polled[job.key] += 1
        if self.polled[job.key] < 2:
            return None
        del self.polled[job.key]
        run = self.state.plan.runs[job.key]
        self.endings.get(run.spec.method, done)(self.state, run)
        return 'the process ended somehow'

    def stop(self):
        self.stopped += 1


def done(state, run):
    finish(state, run, run.spec.key)


def out_of_memory(state, run):
    finish(state, run, run.spec.key, status='oom')


def cut_off(state, run):
    write_json(state.own_folder(run).state, dict(status='running'))


def failed(state, run):
    error = dict(type='ConfigError', message='its own words')
    write_json(state.own_folder(run).state, dict(status='failed', error=error))


def nothing(state, run):
    pass


class Listener:
    """Stands for the progress display, and keeps what it is told."""

    def __init__(self):
        self.settled_as, self.ended_as, self.put_off_as, self.told = {}, {}, {}, {}
        self.begun, self.waited_for = [], []

    def started(self, run):
        self.begun.append(run.spec.key)

    def settled(self, run, status, paths, why=None):
        self.settled_as[run.spec.key] = status
        self.told[run.spec.key] = why

    def ended(self, run, status, paths):
        self.ended_as[run.spec.key] = status

    def elsewhere(self, run, why):
        self.waited_for.append(run.spec.key)

    def put_off(self, run, note):
        self.put_off_as[run.spec.key] = note

    def tick(self):
        pass


class Ahead(MadeUp):
    """Takes all runs at once, and ends each when those before it have ended."""

    ahead = True

    def __init__(self, state, **endings):
        super().__init__(state, **endings)
        self.capacity, self.after, self.ended = 100, {}, {}

    def start(self, job):
        super().start(job)
        self.after[job.key] = job.after
        self.ended.pop(job.key, None)

    def poll(self, job):
        waits_on = [key for key in self.after[job.key] if not self.ended.get(key)]
        if any(key not in self.ended for key in waits_on):
            return None
        if waits_on:
            # The scheduler takes it out.
            del self.polled[job.key]
            self.ended[job.key] = False
            return 'DependencyNeverSatisfied'
        words = super().poll(job)
        if words is not None:
            self.ended[job.key] = self.state.look_again(self.state.plan.runs[job.key])
        return words


def sweep(state, executor):
    listener = Listener()
    return carry_out(state, Places(), executor, listener), listener

"""Work in forked processes that may be killed at any of their steps on the file system."""

import os
import signal
import sys
import time
import traceback

_STEPS = {'open', 'os.remove', 'os.rename', 'os.rmdir', 'os.mkdir', 'fcntl.flock'}


def start(work, kill_at=None):
    """Forks a process that runs ``work()``; it kills itself before step ``kill_at``."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        if kill_at is not None:
            _count_down(kill_at)
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def end(process, timeout_s=30.0):
    """Waits for a process; the signal that ended it is negative, as with ``subprocess``."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    raise AssertionError('a process did not end')


def kill(process):
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def wait_until(condition, timeout_s=30.0):
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, 'waited in vain'
        time.sleep(0.002)


def _count_down(steps):
    left = steps

    def step():
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def fsync(descriptor, of_old=os.fsync):
        step()
        of_old(descriptor)
        step()

    os.fsync = fsync
    sys.addaudithook(lambda event, _: step() if event in _STEPS else None)

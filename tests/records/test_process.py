"""Whether the process that a run's state names is still there."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ukd_bench.records import process
from ukd_bench.records.process import is_gone, this_process


def test_this_process_is_there():
    told = this_process()
    assert told['pid'] == os.getpid() and told['host'] == socket.gethostname()
    assert not is_gone(told)


def test_an_ended_process_is_gone_also_where_nobody_waited_for_it():
    child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)
    told = this_process() | dict(pid=child.pid, born=process._born(child.pid))
    assert not is_gone(told)
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(told)
    child.wait()
    assert is_gone(told)


def test_a_number_that_was_given_anew_is_another_process():
    assert is_gone(this_process() | dict(born='another start 17'))
    # A state of an earlier release tells no beginning.
    assert not is_gone(this_process() | dict(born=None))


def test_a_process_whose_name_is_no_text_is_told_from_others():
    code = "open('/proc/self/comm', 'wb').write(b'\\xff) Z'); print(flush=True); input()"
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with subprocess.Popen([sys.executable, '-c', code], **pipes) as child:
        child.stdout.readline()
        assert b'(\xff) Z)' in Path(f'/proc/{child.pid}/stat').read_bytes()
        told = this_process() | dict(pid=child.pid)
        born = process._born(child.pid)
        assert born is not None and not is_gone(told | dict(born=born))
        assert is_gone(told | dict(born=f'{born}0'))


@pytest.mark.parametrize('told', [dict(host='elsewhere'), dict(pid='many'), dict(pid=-1), {}])
def test_what_cannot_be_seen_from_here_counts_as_alive(told):
    assert not is_gone(told and this_process() | dict(born='another') | told)

"""A fork finds every lock free, and what it guards whole."""

from __future__ import annotations

import os
import threading

import pytest

from ziggurat.locks import fork_safe_lock


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning"
)  # Python from 3.12 on warns of every fork of a process with threads
def test_a_fork_waits_until_nobody_holds_a_lock():
    lock, held, go_on, log = fork_safe_lock(), threading.Event(), threading.Event(), []

    def hold():
        with lock:
            held.set()
            go_on.wait()
            log.append("whole")

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    threading.Timer(0.05, go_on.set).start()  # the fork waits meanwhile; were it not to, the log would be empty
    child = os.fork()
    if child == 0:
        with lock:
            os._exit(0 if log == ["whole"] else 1)
    holder.join()
    assert os.waitpid(child, 0)[1] == 0
    with lock:
        assert log == ["whole"]

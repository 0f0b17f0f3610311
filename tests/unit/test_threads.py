"""The pool of threads: results, errors, a bound, and work after the main thread has ended."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import weakref
from concurrent.futures import Future

import pytest

from ziggurat import threads
from ziggurat.threads import SPARE_THREADS, Pool


def test_a_result_and_an_error():
    pool = Pool()
    assert pool.submit(lambda a, b: a + b, 1, b=2).result() == 3
    with pytest.raises(KeyError, match="no"):
        pool.submit(dict.__getitem__, {}, "no").result()


def test_threads_are_bounded_and_all_work_is_done():
    pool, names, gate = Pool(), set(), threading.Event()

    def work(number):
        gate.wait()
        names.add(threading.get_ident())
        return number

    futures = [pool.submit(work, number) for number in range(200)]
    gate.set()
    assert [future.result() for future in futures] == list(range(200))
    assert len(names) <= (os.cpu_count() or 1) + SPARE_THREADS


def test_work_that_was_cancelled_is_not_begun():
    pool, gate, done = Pool(), threading.Event(), []
    busy = [pool.submit(gate.wait) for _ in range(100)]
    late = pool.submit(done.append, 1)
    assert late.cancel()
    gate.set()
    for future in busy:
        future.result()
    pool.settle(10)
    assert done == []


class Mapped:
    """Something to work on, that can be told to have been let go of."""


class SlowToLeave(Future):
    """Tells that it is done, and does not let the thread that told go on."""

    gate = threading.Event()

    def set_result(self, result):
        super().set_result(result)
        self.gate.wait()


@pytest.mark.parametrize("keywords", [False, True])
def test_what_was_worked_on_is_let_go_of_by_the_time_it_is_done(monkeypatch, keywords):
    """As `mmap` refuses to be closed otherwise."""
    monkeypatch.setattr(SlowToLeave, "gate", threading.Event())
    monkeypatch.setattr(threads, "Future", SlowToLeave)
    mapped = Mapped()
    seen = weakref.ref(mapped)
    pool = Pool()
    future = pool.submit(lambda of: None, of=mapped) if keywords else pool.submit(lambda of: None, mapped)
    del mapped
    future.result()
    held = seen()
    SlowToLeave.gate.set()
    assert held is None


def test_what_was_cancelled_holds_nothing():
    pool, gate, mapped = Pool(), threading.Event(), Mapped()
    seen = weakref.ref(mapped)
    busy = [pool.submit(gate.wait) for _ in range(100)]
    late = pool.submit(print, mapped)
    del mapped
    assert late.cancel()
    held = seen()
    gate.set()
    for future in busy:
        future.result()
    assert held is None


def test_a_thread_that_reads_on_after_the_main_one_has_ended(tmp_path):
    """concurrent.futures would refuse the work: "cannot schedule new futures after shutdown"."""
    program = """
import asyncio, threading
from ziggurat.loops import run

def read():
    threading.main_thread().join()
    for _ in range(10):
        run(asyncio.to_thread(sum, range(10)))
    print("read", flush=True)

threading.Thread(target=read).start()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "read\n", "")

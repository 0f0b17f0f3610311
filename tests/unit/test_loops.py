"""Plain calls into asyncio."""

from __future__ import annotations

import asyncio
import dis
import os
import signal
import subprocess
import sys
import threading
from itertools import count

import pytest

from ziggurat.loops import run


async def answer(value):
    await asyncio.sleep(0)
    return value


def test_a_coroutine_is_run_for_a_plain_caller():
    assert run(answer(5)) == 5


def test_its_error_is_the_callers():
    async def fail():
        raise KeyError("no")

    with pytest.raises(KeyError, match="no"):
        run(fail())


def test_callers_in_many_threads_share_one_loop():
    loops = set()

    async def here():
        loops.add(asyncio.get_running_loop())

    threads = [threading.Thread(target=lambda: run(here())) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loops) == 1


async def test_a_plain_call_inside_a_running_loop():
    assert run(answer(7)) == 7


LOOKS = "RESUME", "CALL", "JUMP_BACKWARD"
"""How the names of those operations begin after which Python sees to signals; never between a lock's taking and ``with``'s body."""


def interrupting(number):
    """A trace of this thread that has Ctrl-C come at the ``number``-th moment at which Python would raise it."""
    moments, done = count(1), {}

    def trace(frame, event, _):
        frame.f_trace_opcodes = True
        if event == "opcode":
            if done.get(frame, "").startswith(LOOKS) and next(moments) == number:
                signal.raise_signal(signal.SIGINT)
            done[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
        return trace

    return trace


def test_ctrl_c_may_come_at_any_moment():
    """At some, `concurrent.futures.Future.result` raised RuntimeError in place of KeyboardInterrupt, and others left it locked."""
    run(answer(1))
    for number in count(1):
        ended, work, before = None, answer(number), sys.gettrace()
        try:
            sys.settrace(interrupting(number))
            ended = run(work)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        assert run(answer(7)) == 7
        work.close()  # some were interrupted before they were begun
        if ended == number:
            break
    assert number > 15


def test_a_process_that_ends_right_after_a_failed_read_ends_well(tmp_path):
    """obstore's threads were caught inside Python by its end, which aborted the process in one of twelve tries."""
    program = (
        "import ziggurat\n"
        "try:\n    ziggurat.open('http://127.0.0.1:9/nothing')\n"
        "except ziggurat.errors.StoreError as error:\n    print(error.kind)\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in running:
        out, err = process.communicate()
        assert (process.returncode, out.strip()) == (0, b"store"), err


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_has_a_loop_of_its_own_and_leaves_the_parents_alone():
    run(answer(1))
    child = os.fork()
    if child == 0:
        os._exit(run(answer(7)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert run(answer(2)) == 2

"""Programs that end while something reads: no hang, no abort, nothing on their standard error but what they say."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

READING = """
import sys, threading, ziggurat
image = ziggurat.open(sys.argv[1])
begun = threading.Barrier(3)

def read():
    image.read()
    begun.wait()
    while True:
        image.shards._cache.clear()
        image.shards._cached_nbytes = 0
        image.read()

for _ in range(2):
    threading.Thread(target=read, daemon=True).start()
begun.wait()
"""

HANGING = """
import sys, threading, ziggurat
threading.Thread(target=ziggurat.open, args=(sys.argv[1],), daemon=True).start()
sys.stdin.readline()
"""

INTERRUPTED_ELSEWHERE = """
import signal, sys, threading, ziggurat

def interrupt():
    sys.stdin.readline()
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # the main thread's wait does not see it

threading.Thread(target=interrupt, daemon=True).start()
ziggurat.open(sys.argv[1])
"""


def ended(program, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, timeout=60, **options
    )


@pytest.mark.parametrize("last", ["", "sys.exit(3)", "raise SystemExit('enough')"])
@pytest.mark.parametrize("kind", ["folder", "http"])
def test_a_program_that_ends_while_threads_read(ingested, web, kind, last):
    image = ingested("camera")
    place = image.path
    if kind == "http":
        link = web.root / "exit.zarr"
        if not link.exists():
            link.symlink_to(image.path)
        place = f"{web.url}/exit.zarr"
    done = ended(READING + last, place)
    assert done.returncode == {"": 0, "sys.exit(3)": 3}.get(last, 1)
    assert done.stderr.strip() == ("enough" if "enough" in last else "")


@pytest.fixture
def silent():
    """A server that accepts connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(60)
        yield listener


def address(listener):
    return f"http://127.0.0.1:{listener.getsockname()[1]}/image.zarr"


def test_a_program_that_ends_while_a_server_keeps_it_waiting(silent):
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING, address(silent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    connection, _ = silent.accept()
    with connection:
        connection.recv(1)
        out, err = process.communicate("go\n", timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_ctrl_c_is_heard_though_it_does_not_end_the_wait(silent):
    """As where it comes when Python is about to wait: the read went on until its store's timeouts."""
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED_ELSEWHERE, address(silent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    connection, _ = silent.accept()
    with connection:
        connection.recv(1)
        _, err = process.communicate("go\n", timeout=60)
    assert err.splitlines()[-1] == "KeyboardInterrupt"
    assert process.returncode == -signal.SIGINT
    silent.settimeout(0)
    with pytest.raises(BlockingIOError):
        silent.accept()  # the read was left when it was interrupted, not when the store had timed out and been asked again


def test_ctrl_c_interrupts_a_read_that_waits(silent):
    program = "import sys, ziggurat\nziggurat.open(sys.argv[1])"
    process = subprocess.Popen(
        [sys.executable, "-c", program, address(silent)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    connection, _ = silent.accept()
    with connection:
        connection.recv(1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert err.splitlines()[-1] == "KeyboardInterrupt"
    assert process.returncode == -signal.SIGINT
    assert err.count("Traceback") == 1

"""The server as a process: it tells its address when it listens, and leaves when it is told to."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys

import pytest
from aiohttp import ClientSession

from ziggurat.errors import NotFoundError, RequestError
from ziggurat.server.run import serve_until

SERVE = "import sys; from ziggurat.server.run import serve; serve(sys.argv[1], port=0)"
HANG_SECONDS = 60


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_good_order(stored_root, number):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, str(stored_root), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    line = (await asyncio.wait_for(process.stdout.readline(), HANG_SECONDS)).decode()
    address = re.search(r"http://127\.0\.0\.1:\d+/", line)[0]
    async with ClientSession() as session:
        async with session.get(address + "healthz") as answer:
            assert answer.status == 200
        async with session.ws_connect(address + "stream") as stream:
            process.send_signal(number)
            closing = await stream.receive(timeout=HANG_SECONDS)
            assert closing.data == 1001
    _, errors = await asyncio.wait_for(process.communicate(), HANG_SECONDS)
    assert (process.returncode, errors) == (0, b"")


async def test_an_address_in_use_is_a_typed_error(stored_root):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(RequestError, match="cannot listen"):
            await serve_until(asyncio.Event(), stored_root, "127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize("port", [-1, 65536])
async def test_a_port_that_is_none_is_a_typed_error(stored_root, port):
    with pytest.raises(RequestError, match="cannot listen"):
        await serve_until(asyncio.Event(), stored_root, "127.0.0.1", port)


async def test_a_root_that_is_not_there_is_a_typed_error(tmp_path):
    with pytest.raises(NotFoundError):
        await serve_until(asyncio.Event(), tmp_path / "nothing", "127.0.0.1", 0)


async def test_the_address_is_told(stored_root, capsys):
    stop = asyncio.Event()
    stop.set()
    await serve_until(stop, stored_root, "127.0.0.1", 0)
    assert re.fullmatch(r"ziggurat serves \S+ at http://127\.0\.0\.1:\d+/\n", capsys.readouterr().out)


async def test_the_library_does_not_import_the_server():
    code = "import sys, ziggurat; print([name for name in ('aiohttp', 'ziggurat.server') if name in sys.modules])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(process.communicate(), HANG_SECONDS)
    assert out == b"[]\n"

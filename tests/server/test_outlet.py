"""The one writer of a connection: in order, bounded, with a deadline."""

from __future__ import annotations

import asyncio

import pytest

from ziggurat.server.outlet import Outlet
from ziggurat.server.pacing import FIRST_NBYTES


class Socket:
    """Takes messages while ``open`` is set."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.taken: list[bytes | str] = []

    async def send_bytes(self, data):
        await self.open.wait()
        self.taken.append(data)

    send_str = send_bytes


async def settle():
    """Give every task its turns until all of them wait."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_messages_leave_in_order():
    socket = Socket()
    socket.open.set()
    outlet = Outlet(socket)
    writer = asyncio.create_task(outlet.run())
    for number in range(10):
        await outlet.put(bytes([number]))
        await outlet.event({"n": number})
    await settle()
    assert socket.taken == [item for n in range(10) for item in (bytes([n]), f'{{"n":{n}}}')]
    writer.cancel()


async def test_at_most_two_messages_wait():
    socket = Socket()
    outlet = Outlet(socket)
    writer = asyncio.create_task(outlet.run())
    handed_over = []

    async def put():
        for number in range(10):
            await outlet.put(bytes([number]))
            handed_over.append(number)

    putter = asyncio.create_task(put())
    await settle()
    assert handed_over == [0, 1]
    putter.cancel()
    await settle()
    socket.open.set()
    await settle()
    assert socket.taken == [b"\0", b"\1"], "what was not handed over is not sent"
    writer.cancel()


async def test_a_client_that_takes_nothing_is_given_up():
    outlet = Outlet(Socket(), deadline_seconds=0)
    await outlet.put(b"x")
    with pytest.raises(TimeoutError):
        await outlet.run()


async def test_no_more_is_handed_over_than_is_acknowledged_and_a_window():
    socket = Socket()
    socket.open.set()
    outlet = Outlet(socket)
    outlet.acknowledged(0)
    writer = asyncio.create_task(outlet.run())
    message = bytes(8192)

    async def put():
        while True:
            await outlet.put(message)

    putter = asyncio.create_task(put())
    await settle()
    assert len(socket.taken) == FIRST_NBYTES // len(message)
    await outlet.event({"n": 1})
    await settle()
    assert socket.taken[-1] == '{"n":1}', "events are not held back"
    outlet.acknowledged(2 * len(message))
    await settle()
    assert len(socket.taken) == FIRST_NBYTES // len(message) + 1 + 2
    putter.cancel()
    writer.cancel()


async def test_what_was_held_back_is_not_sent_once_its_view_is_replaced():
    socket = Socket()
    socket.open.set()
    outlet = Outlet(socket)
    outlet.acknowledged(0)
    writer = asyncio.create_task(outlet.run())
    await outlet.put(bytes(FIRST_NBYTES))
    putter = asyncio.create_task(outlet.put(b"of the old view"))
    await settle()
    putter.cancel()
    outlet.acknowledged(FIRST_NBYTES)
    await settle()
    await outlet.put(b"of the new view")
    await settle()
    assert socket.taken[1:] == [b"of the new view"]
    writer.cancel()

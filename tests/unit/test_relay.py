"""The helping process of a forked child, here asked by a process that was not forked."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from obstore.store import HTTPStore, MemoryStore

from support.stores import serve_folder
from ziggurat import relay as module
from ziggurat.failures import Failure
from ziggurat.relay import Relay, ask_anywhere
from ziggurat.remote import Ask, Reply

BYTES = bytes(range(200)) * 20_000  # more than a pipe holds at once


@pytest.fixture
def relay():
    made = Relay()
    yield made
    made.leave()
    made._process.wait()


@pytest.fixture
def objects(tmp_path):
    (tmp_path / "object").write_bytes(BYTES)
    with serve_folder(tmp_path) as url:
        yield HTTPStore.from_url(url, client_options={"allow_http": True}, retry_config={"max_retries": 0})


async def test_requests_are_answered_as_by_the_store_itself(relay, objects):
    asked = [Ask("get", "object"), Ask("get", "object", (5, 5000)), Ask("head", "object"), Ask("get", "nothing")]
    for request in asked:
        here, there = await ask_anywhere(objects, request), await relay.ask(objects, request)
        if isinstance(here, Failure):
            assert (there.missing, there.reason) == (here.missing, here.reason)
        else:
            assert bytes(there.data) == bytes(here.data)
            assert (there.nbytes, there.etag, there.modified) == (here.nbytes, here.etag, here.modified)


async def test_many_at_once(relay, objects):
    requests = [Ask("get", "object", (start, start + 7)) for start in range(100)]
    replies = await asyncio.gather(*(relay.ask(objects, request) for request in requests))
    assert [reply for reply in replies if isinstance(reply, Failure)] == []
    assert [bytes(reply.data) for reply in replies] == [BYTES[start : start + 7] for start in range(100)]


async def test_one_who_is_cancelled_harms_nobody(relay, objects):
    first, second = (asyncio.create_task(relay.ask(objects, Ask("get", "object"))) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    reply = await second
    assert isinstance(reply, Reply)
    assert bytes(reply.data) == BYTES


async def test_a_process_that_is_killed_is_an_error_that_may_pass(relay, objects):
    os.kill(relay._process.pid, signal.SIGKILL)
    reply = await relay.ask(objects, Ask("get", "object"))
    assert isinstance(reply, Failure)
    assert reply.passing


async def test_after_one_was_killed_another_is_asked(objects, monkeypatch):
    monkeypatch.setattr(module, "_asked_in", -1)  # as in a child
    monkeypatch.setattr(module, "_relay", None)
    assert isinstance(await ask_anywhere(objects, Ask("head", "object")), Reply)
    killed = module._relay
    os.kill(killed._process.pid, signal.SIGKILL)
    killed._process.wait()
    while not isinstance(reply := await ask_anywhere(objects, Ask("head", "object")), Reply):
        assert reply.passing
    assert module._relay is not killed
    for each in (killed, module._relay):
        each.leave()
        each._process.wait()


async def test_what_cannot_be_sent_is_told(relay):
    reply = await relay.ask(MemoryStore(), Ask("get", "object"))
    assert isinstance(reply, Failure)
    assert "cannot be used in a forked process" in reply.reason


async def test_it_ends_when_nobody_can_ask_any_more(objects):
    relay = Relay()
    assert isinstance(await relay.ask(objects, Ask("head", "object")), Reply)
    relay.leave()
    assert relay._process.wait(timeout=60) == 0

"""Object stores in a forked process: asked through a fresh process of our own.

The threads that obstore works with are not there in a child of `os.fork`, and cannot be started anew: requests would wait
for ever. So a child hands its requests, one after the other and answered as they are done, to a process that was not forked.
It is started when the child first needs it, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections import OrderedDict
from itertools import count
from typing import IO, TYPE_CHECKING

from ziggurat.failures import Failure
from ziggurat.locks import fork_safe_lock
from ziggurat.remote import Ask, Reply, ask

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["Relay", "ask_anywhere", "serve"]

STORES_MAX = 16
"""Stores, with their connections, that a helping process keeps."""

PIECE_NBYTES = 1024 * 1024

_LENGTH = struct.Struct("<Q")

_asked_in: int | None = None
"""The process in which obstore was first asked for anything: it and no other has obstore's threads."""
_relay: Relay | None = None
_lock = fork_safe_lock()
_parents: list[Relay] = []
"""Those of the processes that this one was forked from; kept, since Python would wait for their processes."""


async def ask_anywhere(objects: ObjectStore, request: Ask) -> Reply | Failure:
    """Make a request of `ziggurat.remote`, in a forked process through a helping one."""
    global _asked_in
    if _asked_in is None:
        _asked_in = os.getpid()
    if _asked_in == os.getpid():
        return await ask(objects, request)
    return await _the_relay().ask(objects, request)


def _the_relay() -> Relay:
    global _relay
    with _lock:
        if _relay is None or not _relay.alive:
            _relay = Relay()
        return _relay


class Relay:
    """The helping process of this one."""

    def __init__(self) -> None:
        self.alive = True
        self._numbers = count()
        self._waiting: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[Reply | Failure]]] = {}
        self._writing = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from ziggurat.relay import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # nothing that a fork could double
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is for those who asked
        )
        threading.Thread(target=self._read, name="ziggurat-relay", daemon=True).start()

    async def ask(self, objects: ObjectStore, request: Ask) -> Reply | Failure:
        """Make a request there."""
        loop = asyncio.get_running_loop()
        try:
            message = pickle.dumps((number := next(self._numbers), pickle.dumps(objects), request))
        except (TypeError, AttributeError, pickle.PicklingError):
            return Failure("a store in memory, or with credentials from a function, cannot be used in a forked process")
        answer: asyncio.Future[Reply | Failure] = loop.create_future()
        self._waiting[number] = (loop, answer)
        try:
            await asyncio.to_thread(self._send, message)
            return await answer
        except OSError as error:
            return Failure(f"the helping process has ended ({error})", passing=True)
        finally:
            self._waiting.pop(number, None)

    def leave(self) -> None:
        """Ask for nothing more: in the last process that does so, it ends."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def _send(self, message: bytes) -> None:
        assert self._process.stdin is not None
        with self._writing:
            _write(self._process.stdin, message)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            while (message := _read(pipe)) is not None:
                self._answer(*pickle.loads(message))
        self.alive = False
        for number in list(self._waiting):
            self._answer(number, Failure("the helping process has ended", passing=True))

    def _answer(self, number: int, reply: Reply | Failure) -> None:
        loop, future = self._waiting.get(number, (None, None))
        if loop is not None and future is not None and not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, future, reply)


def _resolve(future: asyncio.Future[Reply | Failure], reply: Reply | Failure) -> None:
    if not future.done():
        future.set_result(reply)


def _forget() -> None:
    """A grandchild asks through a process of its own."""
    global _relay
    if _relay is not None:
        _relay.leave()
        if _relay._process.stdout is not None:  # the thread that reads it is not there to close it
            _relay._process.stdout.close()
        _parents.append(_relay)
        _relay = None


os.register_at_fork(after_in_child=_forget)


def _write(pipe: IO[bytes], message: bytes) -> None:
    rest = memoryview(_LENGTH.pack(len(message)) + message)
    while rest:
        rest = rest[os.write(pipe.fileno(), rest) :]


def _read(pipe: IO[bytes]) -> bytes | None:
    """The next message; None at the end."""
    head = _read_exactly(pipe, _LENGTH.size)
    return None if head is None else _read_exactly(pipe, _LENGTH.unpack(head)[0])


def _read_exactly(pipe: IO[bytes], nbytes: int) -> bytes | None:
    found = bytearray()
    while len(found) < nbytes:
        piece = os.read(pipe.fileno(), min(nbytes - len(found), PIECE_NBYTES))
        if not piece:
            return None
        found += piece
    return bytes(found)


async def _serve() -> None:
    """Requests from standard input, replies to standard output in the order they are done."""
    stores: OrderedDict[bytes, ObjectStore] = OrderedDict()
    under_way: set[asyncio.Task[None]] = set()

    async def serve(number: int, objects: ObjectStore, request: Ask) -> None:
        _write(sys.stdout.buffer, pickle.dumps((number, await ask(objects, request))))

    while (message := await asyncio.to_thread(_read, sys.stdin.buffer)) is not None:
        number, pickled, request = pickle.loads(message)
        if pickled not in stores:
            stores[pickled] = pickle.loads(pickled)
        stores.move_to_end(pickled)
        while len(stores) > STORES_MAX:
            stores.popitem(last=False)
        task = asyncio.create_task(serve(number, stores[pickled], request))
        under_way.add(task)
        task.add_done_callback(under_way.discard)


def serve() -> None:
    """Be the helping process until standard input ends."""
    asyncio.run(_serve())

"""The context that lets plain zarr read with an error."""

from __future__ import annotations

import asyncio
import threading

import pytest

import ziggurat
from ziggurat.errors import RequestError
from ziggurat.precision import current_max_error


def test_it_holds_inside_and_ends_outside():
    assert current_max_error() == 0
    with ziggurat.precision(max_error=8):
        with ziggurat.precision(max_error=2):
            assert current_max_error() == 2
        assert current_max_error() == 8
    assert current_max_error() == 0


def test_it_ends_with_an_exception():
    with pytest.raises(KeyError), ziggurat.precision(max_error=8):
        raise KeyError
    assert current_max_error() == 0


@pytest.mark.parametrize("max_error", [-1, float("nan"), -0.001])
def test_an_error_that_is_none_is_refused(max_error):
    with pytest.raises(RequestError, match="0 or more"), ziggurat.precision(max_error=max_error):
        pass
    assert current_max_error() == 0


def test_other_threads_are_exact():
    found = []
    with ziggurat.precision(max_error=8):
        thread = threading.Thread(target=lambda: found.append(current_max_error()))
        thread.start()
        thread.join()
    assert found == [0]


async def test_other_tasks_keep_their_own():
    started, done = asyncio.Event(), asyncio.Event()

    async def other():
        with ziggurat.precision(max_error=5):
            started.set()
            await done.wait()
            return current_max_error()

    task = asyncio.create_task(other())
    await started.wait()
    assert current_max_error() == 0
    done.set()
    assert await task == 5

"""Image handles that travel: pickled, they are opened anew where they arrive, by address and options, without any cache.

What arrives more than once in one process, as with every task of a cluster, is the same handle each time, so that its tasks
share what they have read.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from ziggurat.errors import ChangedError, NotFoundError
from ziggurat.locks import fork_safe_lock
from ziggurat.loops import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from ziggurat.image import Image
    from ziggurat.store import Store

__all__ = ["HANDLES_MAX", "arrive", "check_document", "digest"]

HANDLES_MAX = 4
"""Handles that are kept for the next task that brings them; each holds its caches."""

_handles: OrderedDict[str, Image] = OrderedDict()
_lock = fork_safe_lock()


def digest(document: bytes) -> str:
    """What tells one version of an image from another: its document is written last, and never changed."""
    return hashlib.sha256(document).hexdigest()


def arrive(token: str, make: Callable[[], Image]) -> Image:
    """Return the handle of that name, made if it is not known in this process."""
    with _lock:
        if token in _handles:
            _handles.move_to_end(token)
            return _handles[token]
    image = make()
    with _lock:
        image = _handles.setdefault(token, image)  # another thread may have been quicker
        while len(_handles) > HANDLES_MAX:
            _handles.popitem(last=False)
    return image


def check_document(store: Store, expected: str) -> None:
    """Make sure that what is stored is the image that the handle was made of.

    Raises
    ------
    ChangedError
        If it is another one, or is gone.
    StoreError
        If the store did not answer.
    """
    try:
        found = run(store.get("zarr.json"))
    except NotFoundError as error:
        raise ChangedError("was removed since the handle was made", where=store.url) from error
    if digest(found) != expected:
        raise ChangedError("was replaced since the handle was made; open it again", where=store.url)

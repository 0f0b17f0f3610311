"""The server's own address, for documents that have to name it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ziggurat.errors import RequestError

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["public_address"]

_HOST = re.compile(r"[A-Za-z0-9.\-_]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
_FORWARDED = ("http", "https")


def public_address(request: web.Request) -> str:
    """Return scheme and host as the client used them, behind a proxy that says so in ``X-Forwarded-Proto``, too.

    The host is the client's own word. It comes back to nobody else: who caches answers has to tell hosts apart in any case.

    Raises
    ------
    RequestError
        If the request names no host that a URL can hold.
    """
    if not _HOST.fullmatch(request.host):
        raise RequestError("the request's Host is not the name of a host")
    forwarded = request.headers.get("X-Forwarded-Proto", "").lower()
    return f"{forwarded if forwarded in _FORWARDED else request.scheme}://{request.host}"

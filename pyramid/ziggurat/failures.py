"""What it means when an object store does not give what was asked: obstore's errors, told apart. Pure.

obstore has one class for most of them; what happened is in the text, which names the HTTP status or the error of the
connection. https://docs.rs/object_store/latest/object_store/enum.Error.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from obstore.exceptions import (
    NotFoundError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)

__all__ = ["Failure", "explain"]

_STATUS = re.compile(r"non-2xx status code: (\d{3})[ ]?([^:\n]*)")
_SECRET = re.compile(r"//[^/@\s]*@")
"""A user's name and password in an URL."""

PASSING_STATUSES = {408, 425, 429, *range(500, 600)} - {501, 505}
"""A later try may be answered. https://www.rfc-editor.org/rfc/rfc9110#name-status-codes"""

RANGE_NOT_SATISFIABLE = 416

MESSAGE_LENGTH = 300

NO_RANGES = (
    "it answers a request for a part of an object by the whole; put the folder behind a server that knows Range requests, such as "
    "nginx or `ziggurat serve`"
)

CONNECTION = (
    ("InvalidCertificate", "its TLS certificate is not trusted", False),
    ("InvalidContentType", "it does not speak TLS; is its address http:// rather than https://?", False),
    ("TooManyRedirects", "it redirects in a circle", False),
    ("BadScheme", "it redirects from https:// to http://", False),
    ("Content-Length Header missing", "it does not tell the object's length (Content-Length)", False),
    ("without LOCATION", "it redirects to nowhere; for S3, is the region right?", False),
    ("dns error", "its host name cannot be looked up", True),
    ("ConnectionRefused", "the connection was refused", True),
    ("TimedOut", "it kept us waiting", True),
    ("ConnectionReset", "the connection broke", True),
    ("BrokenPipe", "the connection broke", True),
    ("IncompleteMessage", "the connection broke", True),
    ("UnexpectedEof", "the connection broke", True),
    ("Parse(", "what it says is not HTTP", True),
)
"""Words in the description of an error of the connection, what they mean, and whether trying again may help."""


@dataclass(frozen=True)
class Failure:
    """Why a request failed.

    Attributes
    ----------
    reason
        For people.
    passing
        Whether trying again may help.
    missing
        Whether the store says for sure that there is no such object.
    status
        Of HTTP, where there was an answer.
    maybe_at_end
        Whether it may be that the range begins where the object has ended already: each store has its own way to say so.
    """

    reason: str
    passing: bool = False
    missing: bool = False
    status: int | None = None
    maybe_at_end: bool = False


def explain(error: BaseException) -> Failure:
    """Tell what an error of obstore, or of the system, means."""
    text = _SECRET.sub("//", str(error))
    status, phrase = _status(text)
    if isinstance(error, FileNotFoundError | NotFoundError):
        return Failure("there is no such object", missing=True, status=status)
    if isinstance(error, TimeoutError):
        return Failure("it kept us waiting", passing=True)
    if isinstance(error, NotImplementedError) or (isinstance(error, NotSupportedError) and "Range" not in text):
        return Failure("it cannot do that")
    if isinstance(error, NotSupportedError):
        return Failure(NO_RANGES, passing=True, maybe_at_end=True)
    if status in (401, 403) or isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return Failure(f"access was refused ({status or 'no credentials'} {phrase})".replace(" )", ")"), status=status)
    if status is not None:
        passing, at_end = status in PASSING_STATUSES, status == RANGE_NOT_SATISFIABLE
        return Failure(f"it answered {status} {phrase}".rstrip(), passing=passing, status=status, maybe_at_end=at_end)
    for words, meaning, passing in CONNECTION:
        if words in text:
            return Failure(meaning, passing=passing)
    # Headers that contradict the request, an answer that is not HTTP's: the next may be sound.
    reason = text.splitlines()[0][:MESSAGE_LENGTH] if text else type(error).__name__
    return Failure(reason, passing=True, maybe_at_end=True)


def _status(text: str) -> tuple[int | None, str]:
    match = _STATUS.search(text)
    return (int(match.group(1)), match.group(2).strip()) if match else (None, "")

"""What obstore's errors mean: the texts are those it raises, shortened."""

from __future__ import annotations

import pytest
from obstore.exceptions import (
    GenericError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)

from ziggurat.failures import explain

PERFORMING = "Generic HTTP error: Error performing GET http://127.0.0.1:1/img/x in 1.3ms - "


def status(number, phrase):
    return f"{PERFORMING}Server returned non-2xx status code: {number} {phrase}: the body\n\nDebug source:\n…"


def connection(inner):
    return f"{PERFORMING}HTTP error: error sending request\n\nDebug source:\nGeneric {{ inner: Http(… {inner} …) }}"


PASSING = [
    (GenericError(status(500, "Internal Server Error")), "500 Internal Server Error"),
    (GenericError(status(503, "Service Unavailable")), "503"),
    (GenericError(status(429, "Too Many Requests")), "429"),
    (GenericError(status(408, "Request Timeout")), "408"),
    (GenericError(connection('ConnectError("tcp connect error", Os { kind: ConnectionRefused })')), "refused"),
    (GenericError(connection('ConnectError("dns error", failed to lookup)')), "host name"),
    (GenericError(connection("reqwest::Error { kind: Request, source: TimedOut }")), "waiting"),
    (GenericError(connection("Os { code: 104, kind: ConnectionReset }")), "broke"),
    (GenericError(connection("hyper::Error(IncompleteMessage)")), "broke"),
    (GenericError("HTTP error: request or response body error\n\nCustom { kind: UnexpectedEof }"), "broke"),
    (GenericError(connection("hyper::Error(Parse(Version))")), "not HTTP"),
    (GenericError("Generic HTTP error: Requested 10..20, got 10..15\n\nDebug …"), "Requested 10..20, got 10..15"),
    (NotSupportedError("Operation not supported: Range request not supported by x"), "whole"),
    (TimeoutError(), "waiting"),
]

LASTING = [
    (GenericError(status(400, "Bad Request")), "400 Bad Request"),
    (GenericError(status(410, "Gone")), "410"),
    (GenericError(status(501, "Not Implemented")), "501"),
    (PermissionDeniedError(status(403, "Forbidden")), "access was refused (403 Forbidden)"),
    (UnauthenticatedError(status(401, "Unauthorized")), "access was refused (401 Unauthorized)"),
    (UnauthenticatedError("no token"), "access was refused (no credentials)"),
    (GenericError(connection("error: InvalidCertificate(UnknownIssuer)")), "certificate"),
    (GenericError(connection("error: InvalidMessage(InvalidContentType)")), "http:// rather than https://"),
    (GenericError(connection("kind: Redirect, source: TooManyRedirects")), "circle"),
    (
        GenericError("Generic HTTP error: Content-Length Header missing from response"),
        "does not tell the object's length",
    ),
    (NotImplementedError("put"), "cannot do that"),
    (NotSupportedError("Operation not supported: conditional put"), "cannot do that"),
]


@pytest.mark.parametrize(("error", "words"), PASSING, ids=lambda value: value if isinstance(value, str) else "")
def test_what_may_pass(error, words):
    failure = explain(error)
    assert words in failure.reason
    assert failure.passing
    assert not failure.missing


@pytest.mark.parametrize(("error", "words"), LASTING, ids=lambda value: value if isinstance(value, str) else "")
def test_what_will_not(error, words):
    failure = explain(error)
    assert words in failure.reason
    assert not failure.passing
    assert not failure.missing


def test_what_is_missing_for_sure():
    assert explain(FileNotFoundError(status(404, "Not Found"))).missing


@pytest.mark.parametrize(
    ("error", "may"),
    [
        (GenericError(status(416, "Range Not Satisfiable")), True),
        (GenericError("Requested range was invalid"), True),
        (GenericError(status(500, "Internal Server Error")), False),
        (GenericError(connection("ConnectionReset")), False),
    ],
)
def test_where_the_object_may_have_ended(error, may):
    assert explain(error).maybe_at_end is may


def test_nobodys_password_is_told():
    error = GenericError("Error performing GET http://me:secret@host/x - something new")
    assert "secret" not in explain(error).reason
    assert "host/x" in explain(error).reason

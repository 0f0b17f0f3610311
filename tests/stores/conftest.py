"""Real servers, one of each a session, and pauses short enough for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.servers import S3, Nginx, nginx, s3_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """An nginx that serves a folder of the session."""
    with nginx(tmp_path_factory.mktemp("web"), tmp_path_factory.mktemp("nginx")) as server:
        yield server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """An S3 server of the session, with an empty bucket."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr("ziggurat.attempts.FIRST_PAUSE_SECONDS", 0.001)

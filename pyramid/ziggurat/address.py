"""Where an image is, as people write it: a path or a URL, and how to get in."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, HTTPStore, LocalStore, MemoryStore, S3Store, from_url

from ziggurat.errors import NotFoundError, RequestError
from ziggurat.objects import Folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from obstore.store import ClientConfig, ObjectStore, RetryConfig

__all__ = ["find_objects", "local_path"]

NO_RETRIES: RetryConfig = {"max_retries": 0}
"""`ziggurat.attempts` tries again, answers that broke off included, and keeps a deadline over all."""

CLIENT: ClientConfig = {
    "connect_timeout": timedelta(seconds=5),
    "read_timeout": timedelta(seconds=10),  # on a connection over which nothing comes
    "timeout": timedelta(hours=1),  # `ziggurat.remote` bounds an answer by its size
    "pool_idle_timeout": timedelta(seconds=30),
}

CLIENT_OPTIONS = {
    "allow_http",
    "allow_invalid_certificates",
    "connect_timeout",
    "default_headers",
    "http1_only",
    "http2_only",
    "pool_idle_timeout",
    "pool_max_idle_per_host",
    "proxy_ca_certificate",
    "proxy_excludes",
    "proxy_url",
    "read_timeout",
    "root_certificate",
    "timeout",
    "user_agent",
}
"""Storage options that are of the HTTP client, not of a kind of store."""

S3FS_OPTIONS = {
    "key": "access_key_id",
    "secret": "secret_access_key",
    "token": "session_token",
    "anon": "skip_signature",
}
"""What s3fs calls them, as many scripts do."""

STORES = (AzureStore, GCSStore, HTTPStore, LocalStore, MemoryStore, S3Store)


def local_path(location: str | Path) -> Path | None:
    """The path that ``location`` names, itself or as a ``file://`` URL; None for the URL of another place."""
    text = str(location)
    if "://" not in text:
        return Path(location)
    parts = urlsplit(text)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def find_objects(
    location: str | Path | ObjectStore, options: Mapping[str, Any] | None = None
) -> tuple[ObjectStore | Folder, str]:
    """Return the folder or store that ``location`` names or is, and what to call it in messages.

    Raises
    ------
    NotFoundError
        If it is a path and there is no such folder.
    RequestError
        If it is a URL that no store can be made for, or ``options`` are not that store's.
    """
    if isinstance(location, STORES):
        if options:
            raise RequestError("a store that is open has its options already", where=repr(location))
        return location, repr(location)
    path = local_path(location)
    if path is not None:
        if options:
            raise RequestError("a folder has no storage options", where=str(location))
        return Folder(_folder(path, str(location))), str(location)
    text = str(location)
    url = _without_secrets(text)
    try:
        return _remote(text, dict(options or {})), url
    except (BaseError, OSError, ValueError, TypeError) as error:
        raise RequestError(f"cannot be opened as a store: {str(error).splitlines()[0]}", where=url) from error


def _remote(url: str, options: dict[str, Any]) -> ObjectStore:
    nested = dict(options.pop("client_options", None) or {})
    client = {**CLIENT, **nested, **{name: options.pop(name) for name in CLIENT_OPTIONS & options.keys()}}
    if url.startswith(("http://", "https://")) and not options:
        client.setdefault("allow_http", url.startswith("http://"))
        return HTTPStore.from_url(url, client_options=client, retry_config=NO_RETRIES)  # type: ignore[arg-type]
    if url.startswith("s3"):
        options = {S3FS_OPTIONS.get(name, name): value for name, value in options.items()}
    provider = {"credential_provider": options.pop("credential_provider")} if "credential_provider" in options else {}
    # An endpoint is given as an option or in the environment; who writes http:// means it.
    client.setdefault("allow_http", _plain_endpoint(options))
    return from_url(url, config=options or None, client_options=client, retry_config=NO_RETRIES, **provider)  # type: ignore[call-overload, no-any-return]


def _plain_endpoint(options: Mapping[str, Any]) -> bool:
    names = ("endpoint", "endpoint_url", "aws_endpoint", "aws_endpoint_url", "azure_storage_endpoint")
    given = [str(options[name]) for name in names if name in options]
    if not given:
        given = [os.environ.get(name, "") for name in ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AZURE_STORAGE_ENDPOINT")]
    return any(endpoint.startswith("http://") for endpoint in given)


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https"):  # in abfss:// the part before an @ is the container
        parts = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="")
    return urlunsplit(parts).rstrip("/")


def _folder(path: Path, text: str) -> Path:
    if path.is_dir():
        return path.absolute()
    if path.exists():
        raise NotFoundError("is a file, not a folder; `ziggurat ingest` makes an image's folder of it", where=text)
    raise NotFoundError("there is no such folder", where=text)

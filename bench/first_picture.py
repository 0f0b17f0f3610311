"""What the first picture of an image costs at the web server: ``python -m bench.first_picture STORE``.

STORE is a folder, best a large image such as `build/mosaic.zarr` (``make build/mosaic.zarr``). It is served by a plain web server
on this machine that counts; the image is opened by its address and a thumbnail of 256 pixels made.
"""

from __future__ import annotations

import argparse
import http.server
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import ziggurat

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUESTS_MAX, NBYTES_MAX = 3, 64 * 1024


class CountingHandler(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, and single ranges of them; notes what it sent."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: object, sent: list[tuple[str, str, int]], directory: str) -> None:
        self.sent = sent
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer, and note it."""
        path = Path(self.translate_path(self.path))
        data = path.read_bytes() if path.is_file() else b""
        interval = self.headers.get("Range", "")
        first, _, last = interval.removeprefix("bytes=").partition("-")
        start, stop = (int(first), min(int(last) + 1, len(data))) if interval else (0, len(data))
        self.sent.append((self.path, interval, stop - start))
        self.send_response(404 if not path.is_file() else 206 if interval else 200)
        if interval:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(data)}")
        self.send_header("Content-Length", str(stop - start))
        self.end_headers()
        self.wfile.write(data[start:stop])


@contextmanager
def counting_server(folder: Path) -> Iterator[tuple[str, list[tuple[str, str, int]]]]:
    """Serve a folder; yields its URL and the list of what is sent: path, range, bytes of the body."""
    sent: list[tuple[str, str, int]] = []
    handler = partial(CountingHandler, sent=sent, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", sent
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    store = parser.parse_args().store.resolve()
    with counting_server(store.parent) as (url, sent):
        image = ziggurat.open(f"{url}/{store.name}")
        picture = image.thumbnail(256)
        print(f"{image.shape} {image.dtype}: a picture of {picture.width} x {picture.height}")
        for path, interval, nbytes in sent:
            print(f"  GET {path.removeprefix(f'/{store.name}/'):20} {interval:28} {nbytes:9,}")
    requests, nbytes = len(sent), sum(nbytes for *_, nbytes in sent)
    print(f"{requests} requests (at most {REQUESTS_MAX}), {nbytes:,} bytes (at most {NBYTES_MAX:,})")
    if requests > REQUESTS_MAX or nbytes > NBYTES_MAX:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

"""What reads cost in requests and bytes: ``python -m bench.reading STORE``.

Counted at the store, on any image; STORE is best a large one, such as `build/mosaic.zarr` (``make build/mosaic.zarr``).
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from ziggurat.image import Image, aopen
from ziggurat.loops import run
from ziggurat.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = 1024


class CountingStore(Store):
    """A store that counts what is asked of it."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.objects, store.url, store.prefix)
        self.requests = self.nbytes = 0

    async def get(self, key: str) -> bytes:
        data = await super().get(key)
        self.requests, self.nbytes = self.requests + 1, self.nbytes + len(data)
        return data

    async def get_range(self, key: str, start: int, stop: int) -> memoryview:
        data = await super().get_range(key, start, stop)
        self.requests, self.nbytes = self.requests + 1, self.nbytes + len(data)
        return data


def measure(location: str, name: str, read: Callable[[Image], object]) -> object:
    """Print what one read of a freshly opened image costs, the opening not counted."""
    store = CountingStore(open_store(location))
    image = run(aopen(store))
    opened = (store.requests, store.nbytes)
    result = read(image)
    print(f"{name:44} {store.requests - opened[0]:5} {store.nbytes - opened[1]:12,}", flush=True)
    return result


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    location = parser.parse_args().store
    print(f"{'read':44} {'GETs':>5} {'bytes':>12}")
    measure(location, "thumbnail(256)", lambda image: image.thumbnail(256))
    image = run(aopen(open_store(location)))
    top, left = (size // 2 for size in image.shape[-2:])
    box = {"y": slice(top, top + SIDE), "x": slice(left, left + SIDE)}
    exact = np.asarray(measure(location, f"{SIDE}² in the middle, exact", lambda image: image.read(**box)))
    for error in (1, 4, 16, 64, 256):
        found = measure(
            location, f"{SIDE}² in the middle, max_error={error}", lambda image, e=error: image.read(max_error=e, **box)
        )
        seen = int(np.abs(np.asarray(found).astype(np.int64) - exact).max())
        print(f"{'':44} largest error seen {seen}")
        if seen > error:
            raise SystemExit(f"an error of {seen} where {error} was promised")


if __name__ == "__main__":
    main()

"""What reads cost in requests and bytes: ``python -m bench.reading STORE``.

Counted at the store, on any image with channels; STORE, a path or a URL, is best a large one, such as `build/mosaic.zarr` (``make
build/mosaic.zarr``). Each read is of a freshly opened image, the opening not counted.
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

SIDE, TILE = 1024, 512


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
    opening = CountingStore(open_store(location))
    image = run(aopen(opening))
    print(f"{'open':44} {opening.requests:5} {opening.nbytes:12,}")
    measure(location, "thumbnail(256)", lambda image: image.thumbnail(256))
    for level in image.levels:
        if max(level.shape[-2:]) > TILE:
            box = _middle(level.shape, TILE)
            name = f"{TILE}² tile in the middle of level {level.level}, exact"
            measure(location, name, lambda image, n=level.level, box=box: image.read(level=n, c=0, **box))
    box = _middle(image.shape, SIDE)
    exact = np.asarray(measure(location, f"{SIDE}² in the middle, exact", lambda image: image.read(**box)))
    for error in (1, 4, 16, 64, 256):
        name = f"{SIDE}² in the middle, max_error={error}"
        found = measure(location, name, lambda image, e=error: image.read(max_error=e, **box))
        seen = int(np.abs(np.asarray(found).astype(np.int64) - exact).max())
        print(f"{'':44} largest error seen {seen}")
        if seen > error:
            raise SystemExit(f"an error of {seen} where {error} was promised")
    windows = [channel.window for channel in image.channels]
    measure(location, f"{SIDE}² in the middle, its windows", lambda image: image.read(window=windows, **box))
    clipped = [(high, 2 * high) for _, high in windows]
    measure(location, f"{SIDE}² in the middle, nearly all below", lambda image: image.read(window=clipped, **box))


def _middle(shape: tuple[int, ...], side: int) -> dict[str, slice]:
    """A box of whole chunks, as far as they are of this size, about the middle."""
    starts = [max(0, size // 2 // side * side) for size in shape[-2:]]
    return {axis: slice(start, start + side) for axis, start in zip("yx", starts, strict=True)}


if __name__ == "__main__":
    main()

"""``python read_places.py``: one program for every kind of place.

Reads a JSON list of ``{"location": …, "storage_options": …}`` from its input and prints for each the SHA-256 of all that was read.
"""

import hashlib
import json
import sys

import numpy as np

import ziggurat

ROUNDS = 12


def read(place: dict, turn: int) -> bytes:
    """Open an image as if for the first time, and read one thing or the other of it."""
    image = ziggurat.open(place["location"], place["storage_options"])
    if turn == 0:
        return image.read().tobytes()
    if turn == 1:
        return image.thumbnail(128).tobytes()
    random = np.random.default_rng(turn)
    level = int(random.integers(0, 4))
    box = {}
    for axis, size in zip("yx", image.levels[level].shape[-2:], strict=True):
        start, stop = sorted(random.integers(0, size + 1, 2).tolist())
        box[axis] = slice(start, stop + 1)
    if turn % 2:
        return image.read(level=level, max_error=float(random.integers(0, 50)), **box).tobytes()
    steps = list(image.refine(level=level, **box))  # how many there are depends on what a request costs there
    exact = steps[-1].array
    for step in steps:
        assert step.array.shape == exact.shape
        assert np.abs(step.array.astype(np.int64) - exact).max() <= step.max_error
    return exact.tobytes()


def main() -> None:
    """Read each place."""
    for place in json.load(sys.stdin):
        digest = hashlib.sha256()
        for turn in range(ROUNDS):
            digest.update(read(place, turn))
        print(digest.hexdigest(), flush=True)


if __name__ == "__main__":
    main()

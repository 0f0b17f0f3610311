"""Train the tables of the lane coder: ``PYTHONPATH=. python research/lane-coder/train.py OUT.c FOLDER [FOLDER ...]``.

Takes three chunks of 512² of every image in the folders (files as ``bench.codec.planes`` reads them), lets the encoder make its
items of them, counts zeros and ones in every context of every band-plane (count.c), and finds the 62 tables of magnitudes and 15 of
signs by which all images together cost least, each image weighing the same: k-means, distances being how much more a table costs.
Starts from the tables in OUT.c, and writes these anew. ``round_tables.py OUT.c`` is to follow.

What the tables that ship and the held-out ones were trained on is in REPORT.md, section 3.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from bench.codec.codecs import ours_encode
from bench.codec.planes import images, spread
from round_tables import CONTEXTS, MAGNITUDES, TABLES, written

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.float64]
    """[band-plane, context, bit]"""

SIGN_TABLES, SIGN_CONTEXTS = 15, 13
SIGNS = re.compile(r"(zgr_sign_tables\[ZGR_SIGN_TABLES\]\[16\] = \{\n)(.*?)(\n\};)", re.DOTALL)
MOST_CHUNKS = 3
LEAST_SIDE = 48
RECORD = 2 * (CONTEXTS + SIGN_CONTEXTS)
MOST_RECORDS = 4000
PSEUDO_COUNT = 24.0
"""Of the usual frequencies in a context, added to what a table has seen there."""
RAW = 0.995
"""What gains less over raw bits is coded raw, and trains nothing."""


def library(folder: Path) -> ctypes.CDLL:
    """Compile the encoder with count.c in the place of its choice of tables."""
    flags = ["gcc", "-O2", "-std=gnu99", "-fPIC", f"-I{ROOT}/codecs/include", f"-I{ROOT}/codecs/src"]
    sources = [*(ROOT / "codecs/src").glob("*.c"), HERE / "count.c"]
    for source in sources:
        renamed = ["-Dzgr_choose=zgr_choose_cheapest"] if source.name == "choice.c" else []
        subprocess.run([*flags, *renamed, "-c", source, "-o", folder / f"{source.stem}.o"], check=True)
    path = folder / "count.so"
    subprocess.run(["gcc", "-shared", "-o", path, *folder.glob("*.o")], check=True)
    core = ctypes.CDLL(str(path))
    core.zgr_count_band_planes.restype = ctypes.c_long
    return core


def band_planes(core: ctypes.CDLL, chunk: NDArray[Any], scratch: NDArray[np.uint8]) -> tuple[NDArray[np.uint32], int]:
    """Return the counts of a chunk, [band-plane, RECORD], and how many bytes it takes."""
    data = np.frombuffer(ours_encode(chunk), np.uint8)
    pixels = np.ascontiguousarray(np.moveaxis(chunk, -1, 0) if chunk.ndim == 3 else chunk)
    codes = np.zeros(1 << 16, np.uint64)
    records = np.zeros((MOST_RECORDS, RECORD), np.uint32)
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (data, pixels, codes, scratch, records)]
    size, room, most = (ctypes.c_size_t(n) for n in (data.nbytes, scratch.nbytes, MOST_RECORDS))
    count = core.zgr_count_band_planes(pointers[0], size, *pointers[1:4], room, pointers[4], most)
    if count < 0:
        raise ValueError(f"the encoder refuses a chunk {chunk.shape} of {chunk.dtype}")
    return records[:count], data.nbytes


def gather(folders: list[Path]) -> tuple[Counts, Counts, NDArray[np.float64]]:
    """Return counts of magnitudes and of signs, and the weight of each band-plane."""
    found, weights = [], []
    scratch = np.zeros(1 << 28, np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        core = library(Path(folder))
        for image in (image for each in folders for image in images(each)):
            chunks = [c for c in image.chunks(512) if min(c.shape[:2]) >= LEAST_SIDE and c.max() > c.min()]
            parts = [band_planes(core, chunk, scratch) for chunk in spread(chunks, MOST_CHUNKS)]
            if not parts:
                continue
            found += [records for records, _ in parts]
            weights += [1 / sum(size for _, size in parts)] * sum(len(records) for records, _ in parts)
            print(f"{image.name}: {len(parts)} chunks", file=sys.stderr)
    counts = np.concatenate(found).astype(np.float64).reshape(len(weights), -1, 2)
    return counts[:, :CONTEXTS], counts[:, CONTEXTS:], np.array(weights) / np.mean(weights)


def costs(counts: Counts, tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return bits, [band-plane, table]."""
    return -(counts[..., 1] @ np.log2(tables / 256).T + counts[..., 0] @ np.log2(1 - tables / 256).T)


def table_of(counts: Counts, usual: NDArray[np.float64], pseudo_count: float) -> NDArray[np.float64]:
    """Return probabilities in 1/256 for counts [context, bit]."""
    p = (counts[:, 1] + pseudo_count * usual) / (counts.sum(1) + pseudo_count)
    return np.clip(np.round(256 * p), 1, 255)


def train(
    counts: Counts, weights: NDArray[np.float64], tables: NDArray[np.float64], rounds: int = 60
) -> NDArray[np.float64]:
    """Return better tables. One that nothing takes starts anew from a band-plane that loses much by all others."""
    random = np.random.default_rng(0)
    raw = counts.sum((1, 2))
    seen = (counts * weights[:, None, None]).sum(0)
    usual = (seen[:, 1] + 0.5) / (seen.sum(1) + 1)
    for number in range(rounds):
        each = costs(counts, tables)
        taken, least = each.argmin(1), each.min(1)
        total = float((np.minimum(least, raw) * weights).sum())
        print(f"round {number}: {total / float((raw * weights).sum()):.6f} bits a bit", file=sys.stderr)
        new = []
        for table in range(len(tables)):
            mine = (taken == table) & (least < RAW * raw)
            if mine.any():
                together = (counts[mine] * weights[mine, None, None]).sum(0)
                new.append(table_of(together * (counts[mine].sum() / together.sum()), usual, PSEUDO_COUNT))
            else:
                loss = np.minimum(least, raw) * weights
                new.append(table_of(counts[random.choice(len(raw), p=loss / loss.sum())], usual, PSEUDO_COUNT / 3))
        tables = np.stack(new)
    return tables


def numbers(text: str, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the numbers of an initializer in C."""
    return np.array([float(number) for number in re.findall(r"\d+", text)]).reshape(shape)


def main(out: Path, folders: list[Path]) -> None:
    """Train, and write the tables into the file."""
    text = out.read_text()
    magnitudes, signs, weights = gather(folders)
    found = MAGNITUDES.search(text)
    assert found is not None
    tables = train(magnitudes, weights, numbers(found[2], (TABLES, CONTEXTS)))
    text = text[: found.start(2)] + written(tables.astype(int)) + text[found.end(2) :]
    found = SIGNS.search(text)
    assert found is not None
    some = signs.sum((1, 2)) > 0
    before = numbers(found[2], (SIGN_TABLES, 16))[:, :SIGN_CONTEXTS]
    rows = [[*map(int, row), 128, 128, 128] for row in train(signs[some], weights[some], before)]
    body = "\n".join("    {" + ", ".join(map(str, row)) + "}," for row in rows)
    out.write_text(text[: found.start(2)] + body + text[found.end(2) :])


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])

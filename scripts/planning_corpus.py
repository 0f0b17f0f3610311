"""Write tests/corpus/planning.json: cases that every planner has to plan alike (tests/corpus/README.md tells its fields).

The shards are those of real images, of which only the lengths of the packets are kept, and two made by hand. What is
expected of the hand-made ones is written here, worked out on paper, and this script refuses to write a corpus that differs.
Run it only after a change of the planning itself: ``python scripts/planning_corpus.py ../shared/data``.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ziggurat
from ziggurat._core import Header, crc32c, error_bound, parse_index
from ziggurat.geometry import ArrayGeometry, chunk_places, level_shape
from ziggurat.held import HeldBytes
from ziggurat.ingest import ingest
from ziggurat.loops import run
from ziggurat.plan import CAP_NBYTES, ShardIndex, plan_shard, step_for_error
from ziggurat.reference.index import write_index

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(__file__).resolve().parents[1] / "tests" / "corpus" / "planning.json"

SOURCES = {
    "grey": "fluo16_scanR_offset_1344.tif",
    "zstack": "zstack8_drosophila_nuclear_envelope.tif",
    "slide": "HE_CMU-1-Small-Region.svs",
    "float": "float32_BPAE_actin.tif",
    "labels": "labels_uint16_nuclei_682.tif",
}

GAPS = (0, 8 * 1024, 64 * 1024)
HEADER_FIELDS = (
    "components", "coding", "decompositions", "resolutions", "first_step", "coarse_step", "planes", "height", "width",
    "chunk_height", "chunk_width", "extent_height", "extent_width", "offset", "divisor", "span",
)  # fmt: skip

# Two resolutions of two steps each, in 2 × 2 chunks of which the last is absent. The index takes 21 bytes: a mark for each
# chunk, and for each present one twice a count and its lengths from the first that is not 0, all below 128, so a byte each.
# The front ends at 103.
# Coarse part, packets (1, 1):  chunk 0 [103, 113)  chunk 1 [113, 123)  chunk 2 [123, 133)
# Fine part, chunk 0:  (1, 0) [133, 153)  (0, 1) [153, 183)  (0, 0) [183, 223)
#            chunk 1:  (1, 0) empty       (0, 1) [223, 228)  (0, 0) [228, 328)
#            chunk 2:  (1, 0) [328, 348)  (0, 1) empty       (0, 0) [348, 354)
SMALL = [[[40, 30], [20, 10]], [[100, 5], [0, 10]], [[6, 0], [20, 10]], None]
SMALL_HEADER = Header(
    dtype="uint8", height=16, width=16, chunk_height=8, chunk_width=8, decompositions=2, resolutions=2, first_step=1,
    coarse_step=1, span=255,
)  # fmt: skip
SMALL_CASES = {
    # All of chunk 0: its coarse packet, and from 133 on its fine part; the 20 bytes between are no more than the gap.
    "one chunk, gap bridged": ({"chunks": [0], "level": 0, "step": 0, "gap": 20}, [[103, 223]]),
    "one chunk, gap too long": ({"chunks": [0], "level": 0, "step": 0, "gap": 19}, [[103, 113], [133, 223]]),
    # Level 1 needs no packet of resolution 0.
    "a coarser level": ({"chunks": [0, 1, 2], "level": 1, "step": 0, "gap": 0}, [[103, 153], [328, 348]]),
    # Step 1 leaves out the packets of step 0: nothing of [133, 153), [183, 223).
    "a lower precision": ({"chunks": [0, 1], "level": 0, "step": 1, "gap": 0}, [[103, 123], [153, 183], [223, 228]]),
    "a level beyond the resolutions is the coarsest": (
        {"chunks": [2], "level": 2, "step": 1, "gap": 0},
        [[123, 133]],
    ),
    "an absent chunk": ({"chunks": [3], "level": 0, "step": 0, "gap": 0}, []),
    "no chunk": ({"chunks": [], "level": 0, "step": 0, "gap": 0}, []),
    # The cap of 60 ends a range before the span that would make it longer; a packet of 100 stays whole.
    "a cap": (
        {"chunks": [0, 1], "level": 0, "step": 0, "gap": 64, "cap": 60},
        [[103, 153], [153, 183], [183, 228], [228, 328]],
    ),
    "what is held is not read": (
        {"chunks": [0], "level": 0, "step": 0, "gap": 0, "held": [[0, 118], [143, 163]]},
        [[133, 143], [163, 223]],
    ),
    # [118, 133) would be bridged, but is held: there is nothing to bridge, and it is not read again.
    "a gap that is held is not read again": (
        {"chunks": [0], "level": 0, "step": 0, "gap": 20, "held": [[115, 133]]},
        [[103, 115], [133, 223]],
    ),
    "all is held": ({"chunks": [0, 1, 2], "level": 0, "step": 0, "gap": 20, "held": [[0, 354]]}, []),
}


def main(data: str) -> None:
    """Write the corpus."""
    chance = random.Random(4)
    shards = {"small": _describe(SMALL_HEADER, SMALL)}
    arrays: dict[str, ArrayGeometry] = {"by hand": ArrayGeometry((2, 20, 30), (1, 16, 16), (1, 8, 8))}
    plans = [_small_case(name, wanted, ranges) for name, (wanted, ranges) in SMALL_CASES.items()]
    with tempfile.TemporaryDirectory() as scratch:
        for name, source in SOURCES.items():
            ingest(Path(data) / source, Path(scratch) / name)
            image = ziggurat.open(Path(scratch) / name)
            array = image.info.arrays[0]
            arrays[name] = array.geometry
            index = run(image.shards.index(array, 0))
            assert index is not None
            shards[name] = _describe(index.header, _lengths(index))
            plans += _real_cases(name, index, chance)
    document = {
        "version": 1,
        "arrays": {name: _grids(geometry) for name, geometry in arrays.items()},
        "places": [case for name, geometry in arrays.items() for case in _place_cases(name, geometry, chance)],
        "shards": shards,
        "steps": [case for name, shard in shards.items() for case in _step_cases(name, shard)],
        "plans": plans,
    }
    CORPUS.write_text(_pretty(document))


def _grids(geometry: ArrayGeometry) -> dict[str, Any]:
    return {"shape": geometry.shape, "shard_shape": geometry.shard_shape, "chunk_shape": geometry.chunk_shape}


def _lengths(index: ShardIndex) -> list[Any]:
    return [
        chunk.tolist() if present else None
        for chunk, present in zip(index.lengths, index.present.tolist(), strict=True)
    ]


def _describe(header: Header, lengths: list[Any]) -> dict[str, Any]:
    fields = {"dtype": header.dtype.name, **{name: getattr(header, name) for name in HEADER_FIELDS}}
    levels, steps = range(header.resolutions), range(header.first_step + 1)
    errors = [[error_bound(header, level, step, beyond=True) for step in steps] for level in levels]
    return {
        "header": fields,
        "front_nbytes": header.header_nbytes + len(_index_bytes(header, lengths)),
        "errors": errors,
        "lengths": lengths,
    }


def _index_bytes(header: Header, lengths: list[Any]) -> bytes:
    present = frozenset(chunk for chunk, found in enumerate(lengths) if found is not None)
    flat = {
        (c, r, t): lengths[c][r][t]
        for c in present
        for r in range(header.resolutions)
        for t in range(header.first_step + 1)
    }
    return write_index(header, present, flat)


def _small_case(name: str, wanted: dict[str, Any], ranges: list[list[int]]) -> dict[str, Any]:
    """A case with what was expected on paper; the planner must find the same."""
    index_bytes = _index_bytes(SMALL_HEADER, SMALL)
    header = SMALL_HEADER.replace(index_nbytes=len(index_bytes), index_crc=crc32c(index_bytes))
    offsets, lengths, present, _ = parse_index(header, index_bytes)
    index = ShardIndex("small", header, b"", offsets, lengths, present)
    case = _case(name, "small", index, **{"cap": CAP_NBYTES, "held": [], **wanted})
    if case["ranges"] != ranges:
        raise SystemExit(f"{name}: planned {case['ranges']}, on paper {ranges}")
    return case


def _real_cases(name: str, index: ShardIndex, chance: random.Random) -> Iterator[dict[str, Any]]:
    header = index.header
    object_nbytes = int((index.offsets + index.lengths).max())
    for number in range(12):
        chunks = sorted(chance.sample(range(header.chunks), chance.randint(1, min(6, header.chunks))))
        held = [[0, min(24 * 1024, object_nbytes)]] if number % 3 else []
        if number % 3 == 2:
            start = chance.randint(24 * 1024, max(24 * 1024, object_nbytes - 2))
            held += [[start, chance.randint(start + 1, start + 40_000)]] if start < object_nbytes else []
        yield _case(
            f"{name} {number}",
            name,
            index,
            chunks=chunks,
            level=chance.randrange(header.resolutions),
            step=chance.randint(0, header.first_step),
            held=held,
            gap=GAPS[number % len(GAPS)],
            cap=chance.choice([100_000, CAP_NBYTES]),
        )


def _case(
    name: str, shard: str, index: ShardIndex, *, chunks: list[int], level: int, step: int, held: Any, gap: int, cap: int
) -> dict[str, Any]:
    sparse = HeldBytes()
    for start, stop in held:
        sparse.add(start, memoryview(bytes(stop - start)))
    plan = plan_shard(index, chunks, level, step, held=sparse, gap=gap, cap=cap)
    packets = {
        str(chunk): [[span.resolution, span.step, span.start, span.stop] for span in spans]
        for chunk, spans in plan.packets.items()
    }
    wanted = {"name": name, "shard": shard, "chunks": chunks, "level": level, "step": step, "held": held}
    return {**wanted, "gap": gap, "cap": cap, "ranges": [list(span) for span in plan.ranges], "packets": packets}


def _step_cases(name: str, shard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    header = Header(**shard["header"])
    for level in range(header.resolutions):
        for max_error in sorted({0, 0.5, 3, 1e9, *shard["errors"][level][1:3]}):
            step = step_for_error(header, level, max_error, beyond=True)
            yield {"shard": name, "level": level, "max_error": max_error, "step": step}


def _place_cases(name: str, geometry: ArrayGeometry, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(6):
        level = number % 4
        shape = level_shape(geometry.shape, level)
        region = []
        for axis, size in enumerate(shape):
            start = chance.randrange(size)
            # Axes before y and x are asked for one index at a time, but for those that are coded together.
            whole = axis < len(shape) - 2 and geometry.chunk_shape[axis] > 1
            stop = start + 1 if axis < len(shape) - 2 else chance.randint(start + 1, size)
            region.append([0, size] if whole else [start, stop])
        places = chunk_places(geometry, tuple((a, b) for a, b in region), level)
        yield {
            "array": name,
            "level": level,
            "region": region,
            "chunks": [[place.shard, place.chunk] for place in places],
            "outer": [[[part.start, part.stop] for part in place.outer] for place in places],
        }


def _pretty(document: dict[str, Any]) -> str:
    """JSON with a line for each case: small differences stay small."""
    parts = []
    for name, value in document.items():
        if isinstance(value, dict):
            lines = [f"{json.dumps(key)}: {_dense(item)}" for key, item in value.items()]
            body = "{\n" + ",\n".join(lines) + "\n}"
        elif isinstance(value, list):
            body = "[\n" + ",\n".join(map(_dense, value)) + "\n]"
        else:
            body = json.dumps(value)
        parts.append(f"{json.dumps(name)}: {body}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _dense(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


if __name__ == "__main__":
    main(*sys.argv[1:])

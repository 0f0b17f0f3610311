"""What the raw figures come to: means, worst cases, and the targets beside them.

Raw figures are a dict as in results.json: ``images[name]`` has ``bits[side][codec]``, ``speed[side][codec][what]``,
``distortion`` and ``beginnings`` (lists of points), ``errors``, ``level_3``, ``wasm`` and ``wasm_avx2``; ``unused[name]`` has
bits by codec.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from .codecs import HTJ2K, JPEG2000, JPEGXL_4, OURS
from .distortion import MOST_DB

if TYPE_CHECKING:
    from collections.abc import Iterable

Raw = dict[str, Any]


class Target(NamedTuple):
    """One line of what was promised, and what was found."""

    what: str
    target: str
    found: str
    worst: str
    met: bool


def geometric_mean(values: Iterable[float]) -> float:
    """Return it; nan of nothing."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def size_ratios(raw: Raw, side: str, codec: str, peer: str) -> dict[str, float]:
    """Return by image the bytes of a codec divided by those of another."""
    return {name: image["bits"][side][codec] / image["bits"][side][peer] for name, image in raw["images"].items()}


def speed_ratios(raw: Raw, side: str, what: str, codec: str, peer: str) -> dict[str, float]:
    """Return by image the speed of a codec divided by that of another."""
    return {
        name: image["speed"][side][codec][what] / image["speed"][side][peer][what]
        for name, image in raw["images"].items()
    }


def thread_ratios(raw: Raw, side: str, what: str, codec: str) -> dict[str, float]:
    """Return by image the speed on two threads divided by that on one, where that was timed; ``what`` is encode or decode."""
    speeds = {name: image["speed"][side][codec] for name, image in raw["images"].items()}
    return {name: speed[f"{what} threads"] for name, speed in speeds.items() if f"{what} threads" in speed}


def unused_ratios(raw: Raw) -> dict[str, float]:
    """Return by image of unused codes our bytes divided by those of JPEG XL effort 4."""
    return {name: bits[OURS] / bits[JPEGXL_4] for name, bits in raw["unused"].items()}


def gains_db(raw: Raw, of: str = "distortion") -> dict[str, dict[float, float]]:
    """Return by image and rate how much better our picture is; where both are as good as exact there is nothing to compare.

    ``of`` tiles as they are sent, or of ``beginnings``.
    """
    return {
        name: {
            point["rate"]: point["ours_db"] - point["peer_db"]
            for point in image[of]
            if min(point["ours_db"], point["peer_db"]) < MOST_DB
        }
        for name, image in raw["images"].items()
    }


def targets(raw: Raw) -> list[Target]:
    """Return the promises of the codec core, on 512² chunks."""
    side = "512"
    return [*_size_targets(raw, side), *_speed_targets(raw, side), *_quality_targets(raw)]


def _size_targets(raw: Raw, side: str) -> list[Target]:
    jpeg2000, htj2k = (size_ratios(raw, side, OURS, peer) for peer in (JPEG2000, HTJ2K))
    unused = unused_ratios(raw)
    mean, most = geometric_mean(jpeg2000.values()), max(jpeg2000.values())
    mean_ht = geometric_mean(htj2k.values())
    mean_unused, most_unused = geometric_mean(unused.values()), max(unused.values())
    return [
        _target("bytes, of JPEG 2000 lossless", "≤ 0.97", mean, _most(jpeg2000), mean <= 0.97),
        _target("… the largest", "≤ 1.04", most, _most(jpeg2000), most <= 1.04),
        _target("bytes, of HTJ2K lossless", "≤ 0.92", mean_ht, _most(htj2k), mean_ht <= 0.92),
        _target(
            "bytes of data with unused codes, of JPEG XL effort 4",
            "≤ 1.02",
            mean_unused,
            _most(unused),
            mean_unused <= 1.02,
        ),
        _target("… the largest", "≤ 1.02", most_unused, _most(unused), most_unused <= 1.02),
    ]


def _speed_targets(raw: Raw, side: str) -> list[Target]:
    found = []
    for what, least in (("decode", 1.0), ("encode", 0.8)):
        ratios = speed_ratios(raw, side, what, OURS, HTJ2K)
        mean = geometric_mean(ratios.values())
        found.append(_target(f"{what} speed, of OpenJPH (HTJ2K)", f"≥ {least:g}", mean, _least(ratios), mean >= least))
    for what in ("decode", "encode"):
        ratios = thread_ratios(raw, side, what, OURS)
        mean = geometric_mean(ratios.values())
        peer = geometric_mean(thread_ratios(raw, side, what, HTJ2K).values())
        found.append(
            _target(
                f"{what} on two threads, of one (HTJ2K in this run: {peer:.2f})",
                "≥ 1.8",
                mean,
                _least(ratios),
                mean >= 1.8,
            )
        )
    wasm = {name: image["wasm"] for name, image in raw["images"].items()}
    mean = geometric_mean(wasm.values())
    narrow = geometric_mean(image["wasm_avx2"] for image in raw["images"].values())
    what = f"WebAssembly decode in Node, of native (of native kept to AVX2: {narrow:.3f})"
    found.append(_target(what, "≥ 0.5", mean, _least(wasm), mean >= 0.5))
    shares = {name: image["level_3"] for name, image in raw["images"].items()}
    mean = geometric_mean(shares.values())
    found.append(_target("time to decode at level 3, of level 0", "≤ 0.05", mean, _most(shares, 3), mean <= 0.05, 3))
    return found


def _quality_targets(raw: Raw) -> list[Target]:
    most = {name: image["errors"]["most"] for name, image in raw["images"].items()}
    broken = [name for name, image in raw["images"].items() if not image["errors"]["holds"]]
    return [
        *_psnr_targets("PSNR against JPEG 2000 5/3, tiles as they are sent, mean", gains_db(raw)),
        *_psnr_targets("PSNR against JPEG 2000 5/3, objects cut off, mean", gains_db(raw, "beginnings")),
        Target(
            "guaranteed error holds",
            "always",
            f"on {len(most) - len(broken)} of {len(most)} images",
            ", ".join(broken),
            not broken,
        ),
        _target(
            "guaranteed error, of that seen, at most", "≤ 4", max(most.values()), _most(most), max(most.values()) <= 4
        ),
    ]


def _psnr_targets(what: str, gains_of: dict[str, dict[float, float]]) -> list[Target]:
    gains = {f"{name} at {rate:g}": gain for name, by_rate in gains_of.items() for rate, gain in by_rate.items()}
    mean, where = sum(gains.values()) / len(gains), min(gains, key=lambda key: gains[key])
    return [
        Target(what, "≥ 0 dB", f"{mean:+.2f} dB", "", mean >= 0),
        Target("… the worst", "≥ −0.7 dB", f"{gains[where]:+.2f} dB", where, gains[where] >= -0.7),
    ]


def _target(what: str, target: str, found: float, worst: str, met: bool, digits: int = 3) -> Target:
    return Target(what, target, f"{found:.{digits}f}", worst, met)


def _most(values: dict[str, float], digits: int = 2) -> str:
    name = max(values, key=lambda key: values[key])
    return f"{values[name]:.{digits}f} on {name}"


def _least(values: dict[str, float], digits: int = 2) -> str:
    name = min(values, key=lambda key: values[key])
    return f"{values[name]:.{digits}f} on {name}"

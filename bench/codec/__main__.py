"""Run it all: ``python -m bench.codec [--quick] [--data FOLDER] [--report]``, from the root of the repository."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import distortion, errors, plots, report, sizes, speed, threads
from .facts import facts
from .planes import Image, images
from .wasm import Decoder, avx2, node, speed_ratios

if TYPE_CHECKING:
    from collections.abc import Callable

    from .figures import Raw

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared/data"


SIDE_OF_THREADS = 512


class Settings(NamedTuple):
    """How much is done."""

    names: tuple[str, ...]
    """Images whose names begin so; all, if empty."""
    sides: tuple[int, ...]
    rounds: int
    seconds_each: float
    """Runs of one thing stop after that, however few they are."""
    pairs: int
    """Of one thread and two."""


FULL = Settings((), (512, 256), rounds=24, seconds_each=0.25, pairs=11)
QUICK = Settings(("fluo16_speckles", "IHC", "EM8_mito", "phase16"), (512,), rounds=2, seconds_each=0.1, pairs=3)


def main() -> None:
    """Measure, and write results, tables and plots; a quick run writes beside the build, not into the pages."""
    parser = argparse.ArgumentParser(prog="python -m bench.codec", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute, on some images, into build/bench-codec")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of images (../shared/data)")
    parser.add_argument(
        "--report", action="store_true", help="write tables and plots from the last results, without measuring"
    )
    options = parser.parse_args()
    results = ROOT / ("build/bench-codec" if options.quick else "bench/codec") / "results.json"
    docs = results.parent if options.quick else ROOT / "docs"
    if not options.report:
        raw = measure(options.data, QUICK if options.quick else FULL)
        results.parent.mkdir(parents=True, exist_ok=True)
        results.write_text(json.dumps(_rounded(raw), indent=1, ensure_ascii=False) + "\n")
    raw = json.loads(results.read_text())
    plots.draw(raw, docs / "images")
    report.put_into(docs / "codec.md", report.markdown(raw))
    print(report.markdown(raw, images=None) if options.quick else f"written: {docs / 'codec.md'}")


def measure(data: Path, settings: Settings) -> Raw:
    """Return the raw figures of all images of a folder, as `figures` takes them."""
    raw: Raw = {"facts": facts(), "images": {}, "unused": {}}
    loaded = list(images(data, settings.names))
    with node() as wasm, avx2() as narrow:
        for image in loaded:
            raw["images"][image.name] = _timed(image.name, lambda image=image: _measure(image, settings, wasm, narrow))
    often = settings.rounds, settings.seconds_each
    for name, speeds in _timed("speed", lambda: speed.measure(loaded, settings.sides, *often)).items():
        raw["images"][name] |= {"speed": speeds.mpx_per_second, "level_3": speeds.level_3}
    gained = _timed("two threads", lambda: threads.gains(loaded, SIDE_OF_THREADS, settings.pairs))
    for (name, codec, what), gain in gained.items():
        raw["images"][name]["speed"][str(SIDE_OF_THREADS)][codec][f"{what} threads"] = gain
    for image in sizes.unused_codes(data):
        raw["unused"][image.name] = _timed(image.name, lambda image=image: sizes.bits_per_pixel(image, 512))
    return raw


def _measure(image: Image, settings: Settings, wasm: Decoder, narrow: Decoder) -> Raw:
    return {
        "about": _about(image),
        "bits": {str(side): sizes.bits_per_pixel(image, side) for side in settings.sides},
        "distortion": [point._asdict() for point in distortion.curve(image)],
        "beginnings": [point._asdict() for point in distortion.beginnings(image)],
        "errors": errors.ratios(image)._asdict(),
        **speed_ratios(wasm, narrow, image, 3 * settings.rounds, 4 * settings.seconds_each)._asdict(),
    }


def _about(image: Image) -> str:
    height, width, *colours = image.planes[0].shape
    count = f"{len(image.planes)} × " if len(image.planes) > 1 else ""
    return f"{count}{height}×{width}{' RGB' if colours else ''} {image.planes[0].dtype}"


def _timed(name: str, run: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = run()
    print(f"{name}: {time.perf_counter() - start:.1f} s", file=sys.stderr)
    return result


def _rounded(value: Any) -> Any:
    """Five digits are more than the figures are worth, and keep the file small."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    main()

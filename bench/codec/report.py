"""The figures as Markdown, set between two markers of a page, so that the prose around them stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import figures
from .codecs import HTJ2K, JPEG2000, JPEGXL_4, OURS
from .distortion import RATES
from .plots import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .figures import Raw

BEGIN, END = "<!-- bench/codec: begin -->", "<!-- bench/codec: end -->"

EMPTY_PAGE = f"""# The codec, measured

What `make bench-codec` found when it was last run. Speeds are this machine's; ratios between codecs carry over to others.

{BEGIN}
{END}
"""

HOW = (
    "Every codec gets the same chunks, is checked to return every pixel, and is timed in turns with the others on all images; "
    "the least of several times counts. Each chunk is an object of its own: ours has a header of 80 to 128 bytes and an index "
    "in each. Means are geometric, over images."
)
HOW_FAST = (
    "Mpx/s on one thread by processor time, a pixel being all its components. Two threads, each with chunks of its own, by the "
    "clock: the median of eleven pairs, each one thread for 0.2 s and then two for the same, taken in turns with those of all "
    "images, since a virtual machine has seconds in which a second thread gains any codec next to nothing. Ours decodes "
    "colours to planes side by side, peers to interleaved ones."
)
HOW_CUT = (
    "PSNR of the central 512² chunk as it is shown: the window from 0.1 to 99.9 percentile of the plane as 8 bits; more than "
    "60 dB count as 60, and nothing is compared where both reach it. Ours is cut anywhere, in the order the server sends "
    "them. JPEG 2000 is 5/3, one layer made by OpenJPEG for the best quality within the same bytes. Not counted: JPEG 2000's "
    "main and tile headers and its end mark, our header. Counted: JPEG 2000's packet headers, our packets' checksums "
    "and their lengths in the index."
)
HOW_CUT_OFF = (
    "The same of objects as they are written, all bytes of both counted: ours are the first bytes of what `codec.encode` makes. "
    "Where OpenJPEG makes nothing so short there is nothing to compare."
)
HOW_REST = (
    "On the central 512² chunk: the guaranteed error divided by the largest error seen, over all levels and steps; *exact "
    "early* counts those that were exact although an error was allowed. Time to decode level 3 as a part of level 0's; speed "
    "of the WebAssembly core in Node as a part of the native one's."
)


def markdown(raw: Raw, images: str | None = "images") -> str:
    """Return all tables; with the plots of a folder, seen from the page."""
    parts = [_facts(raw), _targets(raw), _sizes(raw), _unused(raw), _speeds(raw), _distortion(raw), _rest(raw)]
    if images:
        shown = (f"![{title}]({images}/{name})" for name, title in NAMES.items())
        for place, picture in zip((2, 4, 5), shown, strict=True):
            parts[place] += f"\n\n{picture}"
    return "\n\n".join(parts)


def put_into(page: Path, text: str) -> None:
    """Replace what lies between the markers of a page; make the page if there is none."""
    old = page.read_text() if page.exists() else EMPTY_PAGE
    before, found, rest = old.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not found or not found_end:
        raise ValueError(f"{page} has no markers {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    head = list(head)
    lines = [head, ["-", *["-:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _facts(raw: Raw) -> str:
    facts = raw["facts"]
    machine = f"{facts['cpu']}, {facts['system']}, load {facts['load']} before"
    versions = f"ziggurat {facts['ziggurat']}; Python {facts['python']}; {facts['peers']}"
    return f"`{facts['command']}` on {facts['date']}: {machine}; {versions}.\n\n{HOW}"


def _targets(raw: Raw) -> str:
    rows = [(t.what, t.target, t.found, t.worst, "yes" if t.met else "**no**") for t in figures.targets(raw)]
    table = _table(("512² chunks", "wanted", "found", "worst image", "met"), rows)
    return f"### Against what was wanted\n\n{table}"


def _sides(raw: Raw) -> list[str]:
    return list(next(iter(raw["images"].values()))["bits"])


def _codecs(raw: Raw) -> list[str]:
    return list(next(iter(raw["images"].values()))["bits"]["512"])


def _sizes(raw: Raw) -> str:
    names = _codecs(raw)
    ratios = {peer: figures.size_ratios(raw, "512", OURS, peer) for peer in (JPEG2000, HTJ2K)}
    rows: list[list[str]] = []
    for image, entry in raw["images"].items():
        bits = [f"{entry['bits']['512'][name]:.2f}" for name in names]
        rows.append([f"{image} ({entry['about']})", *bits, *(f"{ratios[peer][image]:.3f}" for peer in ratios)])
    for side in _sides(raw):
        means = [figures.geometric_mean(figures.size_ratios(raw, side, name, JPEG2000).values()) for name in names]
        ours = [figures.geometric_mean(figures.size_ratios(raw, side, OURS, peer).values()) for peer in ratios]
        rows.append(
            [f"**mean, of JPEG 2000, {side}² chunks**", *(f"{m:.3f}" for m in means), *(f"{o:.3f}" for o in ours)]
        )
    table = _table(("image, bits per pixel", *names, "ours / JPEG 2000", "ours / HTJ2K"), rows)
    return f"### Lossless size\n\nBits per pixel of all components together, 512² chunks.\n\n{table}"


def _unused(raw: Raw) -> str:
    names, ratios = _codecs(raw), figures.unused_ratios(raw)
    rows = [
        [name, *(f"{bits[codec]:.2f}" for codec in names), f"{ratios[name]:.3f}"]
        for name, bits in raw["unused"].items()
    ]
    rows.append(["**mean**", *[""] * len(names), f"{figures.geometric_mean(ratios.values()):.3f}"])
    table = _table(("data with unused codes, bits per pixel", *names, f"ours / {JPEGXL_4}"), rows)
    return f"### Data that uses few of its codes\n\n{table}"


def _speeds(raw: Raw) -> str:
    rows = []
    for side in _sides(raw):
        for name in _codecs(raw):
            cells = [f"{name}, {side}²"]
            for what in ("encode", "decode"):
                speeds = (image["speed"][side][name][what] for image in raw["images"].values())
                ratios = figures.speed_ratios(raw, side, what, name, HTJ2K)
                threads = figures.thread_ratios(raw, side, what, name)
                cells.append(f"{figures.geometric_mean(speeds):.1f}")
                means = (figures.geometric_mean(values.values()) if values else None for values in (ratios, threads))
                cells += ["" if mean is None else f"{mean:.2f}" for mean in means]
            rows.append(cells)
    head = ("Mpx/s", "encode", "of HTJ2K", "two threads, of one", "decode", "of HTJ2K", "two threads, of one")
    return f"### Speed\n\n{HOW_FAST}\n\n{_table(head, rows)}"


def _distortion(raw: Raw) -> str:
    sent, cut_off = (_gains(figures.gains_db(raw, of)) for of in ("distortion", "beginnings"))
    return f"### Cut short\n\n{HOW_CUT}\n\n{sent}\n\n#### Objects cut short\n\n{HOW_CUT_OFF}\n\n{cut_off}"


def _gains(gains: dict[str, dict[float, float]]) -> str:
    rows = [[name, *(f"{by[r]:+.2f}" if r in by else "" for r in RATES)] for name, by in gains.items()]
    means = []
    for rate in RATES:
        column = [by[rate] for by in gains.values() if rate in by]
        means.append(f"{sum(column) / len(column):+.2f}" if column else "")
    rows.append(["**mean**", *means])
    return _table(("dB, ours − JPEG 2000", *(f"{rate:g} bit/px" for rate in RATES)), rows)


def _rest(raw: Raw) -> str:
    rows = []
    for name, image in raw["images"].items():
        errors = image["errors"]
        level, step = errors["most_at"]
        rows.append(
            [
                name,
                "yes" if errors["holds"] else "**no**",
                f"{errors['least']:.2f}",
                f"{errors['median']:.2f}",
                f"{errors['most']:.2f}",
                f"{level}, {step}",
                errors["exact_early"],
                f"1/{1 / image['level_3']:.0f}",
                f"{image['wasm']:.2f}",
            ]
        )
    head = (
        "image",
        "error held",
        "guaranteed / seen, least",
        "median",
        "most",
        "at level, step",
        "exact early",
        "time of level 3",
        "WebAssembly / native speed",
    )
    return f"### Guaranteed errors, coarse levels, WebAssembly\n\n{HOW_REST}\n\n{_table(head, rows)}"

"""``ziggurat info PATH``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ziggurat.image import open as open_image

if TYPE_CHECKING:
    import argparse

    from ziggurat.metadata import ImageInfo

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "info", help="tell what an image is", description="Tell an image's axes, levels, channels and chunks."
    )
    parser.add_argument("path", metavar="PATH", help="the image: a folder or URL")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the description."""
    info = open_image(options.path).info
    print(json.dumps(as_json(info), indent=1) if options.json else as_text(info))
    return 0


def as_json(info: ImageInfo) -> dict[str, Any]:
    """The description as JSON has it."""
    return {
        "title": info.title,
        "axes": list(info.axes),
        "shape": list(info.shape),
        "dtype": info.dtype,
        "scale": info.scale,
        "unit": info.unit,
        "rgb": info.rgb,
        "channels": [
            {"name": c.name, "colour": c.colour, "window": list(c.window), "range": list(c.range)}
            for c in info.channels
        ],
        "levels": [
            {"level": level.level, "shape": list(level.shape), "stored_in": info.arrays[level.array].path}
            for level in info.levels
        ],
        "arrays": [
            {
                "path": array.path,
                "level": array.level,
                "shape": list(array.geometry.shape),
                "shard_shape": list(array.geometry.shard_shape),
                "chunk_shape": list(array.geometry.chunk_shape),
            }
            for array in info.arrays
        ],
    }


def as_text(info: ImageInfo) -> str:
    """The description for people."""
    sizes = " × ".join(f"{axis} {size:,}" for axis, size in zip(info.axes, info.shape, strict=True))
    lines = [f"{info.title}: {sizes}, {info.dtype}{', RGB' if info.rgb else ''}"]
    if info.scale:
        lines.append("pixel    " + ", ".join(f"{axis} {step:g} {info.unit[axis]}" for axis, step in info.scale.items()))
    for number, channel in enumerate(info.channels):
        lines.append(
            f"channel {number}  {channel.name}, #{channel.colour}, window {channel.window[0]:g} to {channel.window[1]:g}, "
            f"values {channel.range[0]:g} to {channel.range[1]:g}"
        )
    for level in info.levels:
        height, width = level.shape[-2:]
        stored = f"  stored, chunks {info.arrays[level.array].geometry.chunk_shape}" if level.decode == 0 else ""
        lines.append(f"level {level.level}   {width:,} × {height:,}{stored}")
    return "\n".join(lines)

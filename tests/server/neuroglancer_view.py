"""Let neuroglancer, in Chromium, show images, and save what it shows. A program of its own, since its server never ends.

Reads from standard input a list of ``{"source", "channel", "scale", "position": [x, y], "size": [width, height], "to"}``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import neuroglancer

CHROMIUM = (
    "--headless",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-port=0",
)
SHADER = """void main() {
  int value = int(toRaw(getDataValue()));
  emitRGB(vec3(float(value % 256), float(value / 256), 0.0) / 255.0);
}"""
"""Red holds a value's low byte, green its high one, so that 16 bits can be told from a picture."""


def show(viewer: neuroglancer.Viewer, shot: dict) -> bytes:
    """A PNG of what the viewer shows once all chunks have come."""
    with viewer.txn() as state:
        state.dimensions = neuroglancer.CoordinateSpace(names=["x", "y"], units="", scales=[1, 1])
        state.display_dimensions = ["x", "y"]
        state.layers.clear()
        state.layers["image"] = neuroglancer.ImageLayer(
            source=shot["source"], shader=SHADER, localPosition=[shot["channel"]], opacity=1
        )
        state.layout = "xy"
        state.show_axis_lines = state.show_scale_bar = state.show_default_annotations = False
        state.position = shot["position"]
        state.cross_section_scale = shot["scale"]
    return viewer.screenshot(size=shot["size"]).screenshot.image


def main() -> None:
    neuroglancer.set_server_bind_address("127.0.0.1")
    viewer = neuroglancer.Viewer()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [sys.argv[1], *CHROMIUM, f"--user-data-dir={profile}", viewer.get_viewer_url()]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for shot in json.load(sys.stdin):
                Path(shot["to"]).write_bytes(show(viewer, shot))
        finally:
            browser.terminate()
            browser.wait(30)


if __name__ == "__main__":
    main()

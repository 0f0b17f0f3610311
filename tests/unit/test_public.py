"""What the package offers, and what it costs to import."""

from __future__ import annotations

import subprocess
import sys

import ziggurat

HEAVY = [
    "aiohttp",
    "dask",
    "distributed",
    "matplotlib",
    "tifffile",
    "imagecodecs",
    "PIL",
    "rich",
    "skimage",
    "zarr",
    "prometheus_client",
    "ziggurat.ingest",
    "ziggurat.lazy",
    "ziggurat.render",
    "ziggurat.server",
    "ziggurat.thumbnail",
]


def test_the_public_names():
    assert sorted(ziggurat.__all__) == ["Image", "ZigguratError", "errors", "open", "precision"]
    public = {name for name in vars(ziggurat.Image) if not name.startswith("_")}
    assert public == {
        "aread", "arefine", "athumbnail", "axes", "channels", "dask", "dtype", "levels", "read", "refine", "shape", "thumbnail",
    }  # fmt: skip


def loaded(statement):
    program = f"import sys\n{statement}\nprint(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_it_imports_nothing_that_only_some_need():
    assert loaded("import ziggurat") == set()


def test_the_command_imports_what_its_commands_need_when_they_need_it():
    assert loaded("import ziggurat.cli") == set()


def test_the_codec_needs_zarr_and_no_more():
    assert loaded("import ziggurat.zarr_codec") == {"zarr"}

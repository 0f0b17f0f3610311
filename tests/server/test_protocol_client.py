"""The client that docs/protocol.md prints works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import tifffile

from server.conftest import data
from server.stream_client import DNA, IHC, SPARSE, SPECKLES, exact
from ziggurat.ingest import ingest

PROTOCOL = Path(__file__).resolve().parents[2] / "docs/protocol.md"
LINES_MAX = 61


def one_frame(folder: Path) -> Path:
    """A frame of a movie whose contrast was stretched, so that few of its codes are used."""
    path = folder / "frame.npy"
    np.save(path, tifffile.imread(data("movie16_cell_migration_48t.tif"), key=0))
    return path


@pytest.fixture(scope="module")
def printed():
    blocks = re.findall(r"^```python\n(.*?)^```$", PROTOCOL.read_text(), re.MULTILINE | re.DOTALL)
    (client,) = [block for block in blocks if "async def read(" in block]
    return client


def test_it_is_short(printed):
    assert len(printed.splitlines()) <= LINES_MAX


@pytest.mark.parametrize(("name", "level"), [(SPECKLES, 0), (SPECKLES, 2), (IHC, 1), (SPARSE, 0), (SPARSE, 3)])
async def test_it_reads_what_is_stored(client, stored_root, printed, name, level):
    names: dict = {}
    exec(compile(printed, str(PROTOCOL), "exec"), names)
    pixels = await names["read"](str(client.make_url("/")), name, level)
    assert pixels.dtype == exact(stored_root, name, level).dtype
    assert (pixels == exact(stored_root, name, level)).all()


async def test_it_reads_values_coded_by_a_table(own_client, own_root, printed):
    ingest(one_frame(own_root), own_root / "frame.zarr")
    names: dict = {}
    exec(compile(printed, str(PROTOCOL), "exec"), names)
    pixels = await names["read"](str(own_client.make_url("/")), "frame.zarr", 0)
    assert (pixels == np.load(one_frame(own_root))).all()


async def test_of_a_stack_it_reads_the_first_plane(client, stored_root, printed):
    names: dict = {}
    exec(compile(printed, str(PROTOCOL), "exec"), names)
    pixels = await names["read"](str(client.make_url("/")), DNA, 0)
    assert (pixels[0, 0] == exact(stored_root, DNA)[0, 0]).all()


async def test_it_tells_of_an_error(client, printed):
    names: dict = {}
    exec(compile(printed, str(PROTOCOL), "exec"), names)
    with pytest.raises(RuntimeError, match="there is no level 60"):
        await names["read"](str(client.make_url("/")), SPECKLES, 60)

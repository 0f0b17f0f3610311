"""Stock Zarr and OME-Zarr readers, none of which knows our codec, over plain HTTP: every level, pixel for pixel."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from functools import cache
from urllib.parse import quote
from urllib.request import urlopen

import ngff_zarr
import numpy as np
import pytest
import tensorstore
import zarr
from obstore.store import HTTPStore
from ome_zarr.format import FormatV04, FormatV05
from ome_zarr.io import parse_url
from ome_zarr.reader import Labels, Multiscales, Reader
from zarr.storage import FsspecStore, ObjectStore

import ziggurat
from server.virtual_images import FORMS, NAMES, ServerThread, add_labels, add_mixed

NO_RETRY = {"max_retries": 0, "retry_timeout": timedelta(seconds=5)}


@pytest.fixture(scope="module")
def root(stored_root, tmp_path_factory):
    """All images, one with labels."""
    folder = shutil.copytree(stored_root, tmp_path_factory.mktemp("virtual") / "root")
    add_mixed(folder)
    add_labels(folder / "ihc.zarr")
    return folder


@pytest.fixture(scope="module")
def url(root):
    with ServerThread(root) as address:
        yield address


@pytest.fixture(scope="module")
def expected(root):
    @cache
    def levels(name: str) -> list[np.ndarray]:
        image = ziggurat.open(root / name)
        return [image.read(level=level.level) for level in image.levels]

    return levels


def by_zarr_over_fsspec(url, form):
    group = zarr.open_group(FsspecStore.from_url(url, read_only=True), mode="r")
    return _levels_of(group, form)


def by_zarr_over_obstore(url, form):
    store = HTTPStore.from_url(url, client_options={"allow_http": True}, retry_config=NO_RETRY)
    return _levels_of(zarr.open_group(ObjectStore(store, read_only=True), mode="r"), form)


def _levels_of(group, form):
    """Levels by the paths that the metadata gives, in its order."""
    ome = group.attrs["ome"] if form.startswith("0.5") else group.attrs
    return [group[dataset["path"]][...] for dataset in ome["multiscales"][0]["datasets"]]


def by_tensorstore(url, form, levels=None):
    context = tensorstore.Context({"http_request_retries": {"max_retries": 1}})
    count = levels or len(_datasets(url, form))
    found = []
    for number in range(count):
        kvstore = {"driver": "http", "base_url": f"{url}/", "path": f"{number}/"}
        spec = {"driver": "zarr3" if form.startswith("0.5") else "zarr", "kvstore": kvstore}
        found.append(tensorstore.open(spec, read=True, open=True, context=context).result().read().result())
    return found


def _datasets(url, form):
    group = zarr.open_group(FsspecStore.from_url(url, read_only=True), mode="r")
    return (group.attrs["ome"] if form.startswith("0.5") else group.attrs)["multiscales"][0]["datasets"]


def by_ngff_zarr(url, form):
    found = ngff_zarr.from_ngff_zarr(url, version=form[:3], validate=True)
    return [np.asarray(image.data) for image in found.images]


def by_ome_zarr(url, form):
    place = parse_url(url, mode="r", fmt=FormatV05() if form.startswith("0.5") else FormatV04())
    node = next(iter(Reader(place)()))
    assert any(isinstance(spec, Multiscales) for spec in node.specs)
    return [np.asarray(level) for level in node.data]


READERS = [by_zarr_over_fsspec, by_zarr_over_obstore, by_tensorstore, by_ngff_zarr, by_ome_zarr]


# Every codec on an image of each size of pixel; the others in the default one.
CASES = [(name, form) for name in NAMES for form in FORMS if "+" not in form or name in ("ihc.zarr", "mixed.zarr")]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("name", "form"), [*CASES, ("speckles.zarr", "0.5+blosc"), ("speckles.zarr", "0.4+blosc")])
def test_every_level_is_what_the_library_reads(url, expected, name, form, reader):
    found = reader(f"{url}/{form}/{quote(name)}", form)
    assert len(found) == len(expected(name))
    for pixels, wanted in zip(found, expected(name), strict=True):
        assert pixels.dtype == wanted.dtype
        assert np.array_equal(pixels, wanted)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("form", ["0.5", "0.4"])
def test_a_damaged_chunk_is_an_error_and_never_pixels(root, tmp_path, form, reader):
    shutil.copytree(root / "speckles.zarr", tmp_path / "damaged.zarr")
    shard = tmp_path / "damaged.zarr/0/c/0/0/0"
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    with ServerThread(tmp_path) as url, pytest.raises(Exception, match=r"500|damaged|Internal Server Error"):
        reader(f"{url}/{form}/damaged.zarr", form)


@pytest.mark.parametrize("reader", READERS[:2])
def test_an_image_that_was_replaced_is_an_error_where_the_version_was_named(root, tmp_path, reader):
    """Else a reader that opened the old one would take missing chunks of the new one for its fill value."""
    shutil.copytree(root / "ihc.zarr", tmp_path / "image.zarr")
    with ServerThread(tmp_path) as url:
        with urlopen(f"{url.removesuffix('/zarr')}/image/image.zarr") as answer:
            version = json.load(answer)["version"]
        address = f"{url}/0.5+{version}/image.zarr"
        assert len(reader(address, "0.5")) == 4
        shutil.rmtree(tmp_path / "image.zarr")
        with pytest.raises(Exception, match=r"400|not there any more"):
            reader(address, "0.5")
        shutil.copytree(root / "speckles.zarr", tmp_path / "image.zarr")
        with pytest.raises(Exception, match=r"400|written anew"):
            reader(address, "0.5")


@pytest.mark.parametrize("form", ["0.5", "0.4"])
def test_labels_are_found_and_read(url, root, form):
    values = ziggurat.open(root / "ihc.zarr/labels/nuclei").read()
    address = f"{url}/{form}/ihc.zarr"
    group = zarr.open_group(FsspecStore.from_url(address, read_only=True), mode="r")
    assert np.array_equal(group["labels/nuclei/0"][...], values)
    nodes = list(Reader(parse_url(address, mode="r", fmt=FormatV05() if form == "0.5" else FormatV04()))())
    labels = [node for node in nodes if any(isinstance(spec, Labels) for spec in node.specs)]
    assert labels
    below = by_zarr_over_obstore(f"{address}/labels/nuclei", form)
    assert np.array_equal(below[0], values)

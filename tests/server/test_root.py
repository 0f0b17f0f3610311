"""Images below a folder: which there are, and that nothing else can be reached."""

from __future__ import annotations

import os

import pytest

from ziggurat.errors import FormatError, NotFoundError
from ziggurat.server.images import OPEN_MAX, Images
from ziggurat.server.root import DEPTH_MAX, LocalRoot


async def names(root):
    return [name for name, _ in await LocalRoot(root).listing()]


async def test_images_are_listed_by_name_at_any_depth(stored_root):
    assert await names(stored_root) == ["ihc.zarr", "plate 1/row A/dna.zarr", "sparse.zarr", "speckles.zarr"]


async def test_hidden_folders_links_and_what_lies_in_an_image_are_not_listed(own_root):
    (own_root / "ihc.zarr").rename(own_root / ".ihc.zarr.partial")
    (own_root / "sparse.zarr").rename(own_root / "speckles.zarr" / "inner")
    (own_root / "link.zarr").symlink_to(own_root / "speckles.zarr")
    assert await names(own_root) == ["plate 1/row A/dna.zarr", "speckles.zarr"]


async def test_a_broken_image_does_not_hide_the_others(own_root):
    (own_root / "ihc.zarr/zarr.json").write_text("{")
    (own_root / "sparse.zarr/zarr.json").write_text(
        '{"attributes": {"ome": {"multiscales": 7, "omero": {"channels": [7]}}}}'
    )
    assert await names(own_root) == ["plate 1/row A/dna.zarr", "speckles.zarr"]


async def test_a_group_that_is_no_image_is_looked_into(own_root):
    (own_root / "plate 1/zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    assert "plate 1/row A/dna.zarr" in await names(own_root)


async def test_the_depth_is_bounded(own_root):
    deep = own_root.joinpath(*["d"] * (DEPTH_MAX - 1))
    deep.mkdir(parents=True)
    (own_root / "ihc.zarr").rename(deep / "ihc.zarr")
    assert "/".join(["d"] * (DEPTH_MAX - 1) + ["ihc.zarr"]) in await names(own_root)
    (deep / "e").mkdir()
    (deep / "ihc.zarr").rename(deep / "e" / "ihc.zarr")
    assert not [name for name in await names(own_root) if name.endswith("ihc.zarr")]


async def test_a_listing_follows_what_changes(own_root):
    root = LocalRoot(own_root)
    before = await root.listing()
    (own_root / "ihc.zarr").rename(own_root / "other.zarr")
    after = dict(await root.listing())
    assert "ihc.zarr" not in after
    assert after["other.zarr"] == dict(before)["ihc.zarr"]


async def test_a_root_that_is_an_image_has_it_alone(stored_root):
    root = LocalRoot(stored_root / "ihc.zarr")
    assert [name for name, _ in await root.listing()] == ["ihc.zarr"]
    assert (await Images(root).get("ihc.zarr")).info.rgb
    with pytest.raises(NotFoundError):
        await Images(root).get("sparse.zarr")


def test_a_root_that_is_not_there(tmp_path):
    with pytest.raises(NotFoundError):
        LocalRoot(tmp_path / "nothing")


@pytest.mark.parametrize(
    "name", ["nothing", "plate 1", "plate 1/row A", "speckles.zarr/zarr.json", "..", "speckles.zarr/.."]
)
async def test_what_is_no_image_is_not_found(stored_root, name):
    with pytest.raises(NotFoundError):
        await Images(LocalRoot(stored_root)).get(name)


async def test_a_stored_level_is_no_image(stored_root):
    with pytest.raises(FormatError):
        await Images(LocalRoot(stored_root)).get("speckles.zarr/0")


async def test_links_out_of_the_root_lead_nowhere(stored_root, tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root/out.zarr").symlink_to(stored_root / "ihc.zarr")
    (tmp_path / "root/up").symlink_to(stored_root)
    images = Images(LocalRoot(tmp_path / "root"))
    for name in ("out.zarr", "up/ihc.zarr"):
        with pytest.raises(NotFoundError):
            await images.get(name)


async def test_links_inside_the_root_are_followed(own_root):
    (own_root / "alias.zarr").symlink_to("ihc.zarr")
    assert (await Images(LocalRoot(own_root)).get("alias.zarr")).info.rgb


async def test_keys_are_files_inside_the_image(own_root):
    images = Images(LocalRoot(own_root))
    image = own_root / "ihc.zarr"
    (image / "secret").symlink_to(own_root / "sparse.npy")
    (image / "near").symlink_to("zarr.json")
    os.mkfifo(image / "pipe")
    opened, key = await images.find("ihc.zarr/0/c/0/0/0")
    assert (opened.name, key) == ("ihc.zarr", "0/c/0/0/0")
    assert (await images.find("plate 1/row A/dna.zarr/zarr.json"))[1] == "zarr.json"
    assert (await images.find("ihc.zarr/near"))[1] == "near"
    for path in (
        "ihc.zarr/secret",
        "ihc.zarr/pipe",
        "ihc.zarr/0",
        "ihc.zarr/0/c/9/9/9",
        "ihc.zarr/zarr.json/x",
        "sparse.npy",
    ):
        with pytest.raises(NotFoundError):
            await images.find(path)


async def test_an_image_is_opened_once_until_it_is_written_anew(own_root):
    images = Images(LocalRoot(own_root))
    first = await images.get("ihc.zarr")
    assert await images.get("ihc.zarr") is first
    metadata = own_root / "ihc.zarr/zarr.json"
    metadata.write_bytes(metadata.read_bytes() + b"\n")
    second = await images.get("ihc.zarr")
    assert second.version != first.version
    assert second.image is not first.image


async def test_few_images_are_kept_open(own_root):
    for number in range(OPEN_MAX + 1):
        (own_root / f"alias{number}.zarr").symlink_to("ihc.zarr")
    images = Images(LocalRoot(own_root))
    first = await images.get("alias0.zarr")
    for number in range(1, OPEN_MAX + 1):
        await images.get(f"alias{number}.zarr")
    assert await images.get("alias0.zarr") is not first

"""Forms, keys, grids and documents of the virtual OME-Zarr: no I/O, except for real metadata to start from."""

from __future__ import annotations

import itertools
import json

import numcodecs
import numpy as np
import ome_zarr_models.v04.image
import ome_zarr_models.v05.image
import pytest
import zarr.codecs
from ngff_zarr.validate import validate

from server.images import image_info
from server.virtual_images import FORMS
from ziggurat.errors import NotFoundError
from ziggurat.metadata import parse_group
from ziggurat.server.virtual.address import Form, parse_chunk_key, parse_form, split_path
from ziggurat.server.virtual.documents import image_documents, join_documents, labels_documents
from ziggurat.server.virtual.encoding import CODECS, codec_tag, codecs_v3, compressor_v2, encode
from ziggurat.server.virtual.grid import virtual_levels

VERSION = "0123456789abcdef"


# ---- addresses -------------------------------------------------------------------------------------------------------


def test_forms():
    assert parse_form("0.5") == Form("0.5", "zstd", None)
    assert parse_form("0.4+raw") == Form("0.4", "raw", None)
    assert parse_form(f"0.5+{VERSION}") == Form("0.5", "zstd", VERSION)
    assert parse_form(f"0.5+blosc+{VERSION}") == parse_form(f"0.5+{VERSION}+blosc") == Form("0.5", "blosc", VERSION)


@pytest.mark.parametrize(
    "text",
    ["", "0.3", "0.5 ", "0.5+", "0.5+RAW", "0.5+raw+zstd", f"0.5+{VERSION}+{VERSION}", "0.5+0123456789ABCDEF", "raw"],
)
def test_what_is_no_form(text):
    with pytest.raises(NotFoundError):
        parse_form(text)


def test_documents_of_zarr_2_may_end_a_path_and_only_end_it():
    assert split_path(Form("0.4"), "a/b/.zarray") == ("a", "b", ".zarray")
    assert split_path(Form("0.5"), "a/b/zarr.json") == ("a", "b", "zarr.json")
    for form, path in (
        ("0.5", "a/.zarray"),
        ("0.4", ".zgroup"),
        ("0.4", "a/.zgroup/b"),
        ("0.4", "../.zgroup"),
        ("0.4", ""),
    ):
        with pytest.raises(NotFoundError):
            split_path(Form(form), path)


@pytest.mark.parametrize(
    ("ome", "key", "expected"),
    [
        ("0.5", "0/c/1/2/3", (0, (1, 2, 3))),
        ("0.5", "12/c/0/10", (12, (0, 10))),
        ("0.4", "0/1/2/3", (0, (1, 2, 3))),
        ("0.5", "0/1/2/3", None),
        ("0.4", "0/c/1/2/3", None),
        ("0.5", "c/c/1", None),
        ("0.5", "0", None),
        ("0.4", "a", None),
        ("0.5", "0/c/01", None),
        ("0.5", "0/c/-1", None),
        ("0.5", "0/c/1_0", None),
        ("0.5", "0/c/\u0661", None),
        ("0.5", f"0/c/{'9' * 5000}", None),
    ],
)
def test_chunk_keys(ome, key, expected):
    assert parse_chunk_key(Form(ome), tuple(key.split("/"))) == expected


# ---- grids -----------------------------------------------------------------------------------------------------------


def test_chunks_are_stored_chunks_where_these_are_large_and_joined_ones_where_small():
    info = image_info((2, 16000, 5000), chunk=512, chunks_a_shard=8, stored=(0, 3))
    levels = virtual_levels(info)
    sides = [level.chunk_shape[-2:] for level in levels]
    assert sides[:3] == [(512, 512), (256, 256), (256, 256)]
    assert sides[3:] == [(512, 512), (256, 256), (256, 157), (250, 79)]
    assert levels[0].grid == (2, 32, 10)


@pytest.mark.parametrize("chunk", [8, 40, 200, 256, 264, 1024])
def test_chunks_of_any_stored_size_are_whole_stored_chunks(chunk):
    for level in virtual_levels(image_info((5000, 3000), chunk=chunk)):
        decoded = -(-chunk // (1 << level.level.decode))
        for side, size in zip(level.chunk_shape, level.shape, strict=True):
            assert side == size or side % decoded == 0
            assert side == size or 128 < side <= max(256, decoded)


def test_every_pixel_lies_in_exactly_one_chunk():
    info = image_info((3, 2, 611, 523), axes="czyx", chunk=64, chunks_a_shard=4, components=3)
    for level in virtual_levels(info):
        count = np.zeros(level.shape, int)
        places = list(itertools.product(*map(range, level.grid)))
        assert all(map(level.has, places))
        firsts = {level.group(place)[0] for place in places}
        assert sorted(member for first in firsts for member in level.members(first)) == sorted(places)
        for first in firsts:
            count[level.region(first)] += 1
        assert (count == 1).all()
        assert len(firsts) * 3 == len(places)
        assert not level.has((0, 0, 0))
        assert not level.has((0, 0, 0, level.grid[-1]))


def test_a_group_knows_its_members_by_number():
    level = virtual_levels(image_info((3, 100, 100), components=3))[0]
    assert [level.group((c, 0, 0)) for c in range(3)] == [((0, 0, 0), c) for c in range(3)]


# ---- codecs ----------------------------------------------------------------------------------------------------------

DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("codec", CODECS)
def test_what_is_encoded_is_what_the_metadata_says(codec, dtype):
    info = np.iinfo(dtype)
    pixels = np.random.default_rng(0).integers(info.min, info.max, (5, 7), dtype, endpoint=True)
    data = encode(codec, pixels.T)
    compressor = compressor_v2(codec, pixels.dtype)
    raw = numcodecs.get_codec(compressor).decode(data) if compressor else data
    assert np.array_equal(np.frombuffer(raw, pixels.dtype.newbyteorder("<")).reshape(7, 5), pixels.T)
    for document in codecs_v3(codec, pixels.dtype):
        made = zarr.registry.get_codec_class(document["name"]).from_dict(document)
        assert made.to_dict().get("configuration") == document.get("configuration", made.to_dict().get("configuration"))


def test_tags_tell_encodings_apart():
    assert len({codec_tag(codec, shape) for codec in CODECS for shape in ((1, 2), (2, 1))}) == 6


# ---- documents -------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["speckles.zarr", "ihc.zarr", "plate 1/row A/dna.zarr", "sparse.zarr"])
def stored(request, stored_root):
    return json.loads((stored_root / request.param / "zarr.json").read_bytes())


def documents(form, stored):
    info = parse_group(stored)
    return info, join_documents(form, {"": image_documents(form, info, stored["attributes"])})


@pytest.mark.parametrize("form", FORMS)
def test_every_document_is_there_and_consolidated(stored, form):
    info, made = documents(parse_form(form), stored)
    numbers = [str(level.level) for level in info.levels]
    if form.startswith("0.5"):
        assert sorted(made) == sorted(["zarr.json", *(f"{number}/zarr.json" for number in numbers)])
        members = made["zarr.json"]["consolidated_metadata"]["metadata"]
        assert members == {number: made[f"{number}/zarr.json"] for number in numbers}
        for level in info.levels:
            array = made[f"{level.level}/zarr.json"]
            assert (tuple(array["shape"]), array["data_type"]) == (level.shape, info.dtype)
            assert array["dimension_names"] == list(info.axes)
    else:
        below = [f"{number}/{name}" for number in numbers for name in (".zarray", ".zattrs")]
        assert sorted(made) == sorted([".zgroup", ".zattrs", ".zmetadata", *below])
        assert made[".zmetadata"]["metadata"] == {key: made[key] for key in made if key != ".zmetadata"}
        for level in info.levels:
            array = made[f"{level.level}/.zarray"]
            assert (tuple(array["shape"]), np.dtype(array["dtype"]).name) == (level.shape, info.dtype)
            assert array["dimension_separator"] == "/"


def test_version_05_is_valid(stored):
    info, made = documents(Form("0.5"), stored)
    attributes = made["zarr.json"]["attributes"]
    validate(attributes, version="0.5", model="image")
    ome_zarr_models.v05.image.ImageAttrs.model_validate(attributes["ome"])
    assert attributes["ome"]["omero"] == stored["attributes"]["ome"]["omero"]
    assert len(attributes["ome"]["multiscales"][0]["datasets"]) == len(info.levels)


def test_version_04_is_valid(stored):
    info, made = documents(Form("0.4"), stored)
    attributes = made[".zattrs"]
    validate(attributes, version="0.4", model="image")
    ome_zarr_models.v04.image.ImageAttrs.model_validate(attributes)
    assert attributes["multiscales"][0]["version"] == "0.4"
    assert "ome" not in attributes
    assert "version" not in attributes
    assert attributes["omero"]["channels"] == stored["attributes"]["ome"]["omero"]["channels"]
    assert len(attributes["multiscales"][0]["datasets"]) == len(info.levels)


def test_levels_have_their_scale_and_their_first_pixel_where_it_is(stored):
    info, made = documents(Form("0.5"), stored)
    datasets = made["zarr.json"]["attributes"]["ome"]["multiscales"][0]["datasets"]
    assert [dataset["path"] for dataset in datasets] == [str(level.level) for level in info.levels]
    for dataset in stored["attributes"]["ome"]["multiscales"][0]["datasets"]:
        scale, *shift = dataset["coordinateTransformations"]
        same = [d for d in datasets if d["coordinateTransformations"][0] == scale]
        assert len(same) == 1
        assert shift in ([], same[0]["coordinateTransformations"][1:])
    base = datasets[0]["coordinateTransformations"][0]["scale"]
    for number, dataset in enumerate(datasets):
        scale, shift = (dataset["coordinateTransformations"][n] for n in range(2))
        for axis, step, at, size in zip(info.axes, scale["scale"], shift["translation"], base, strict=True):
            factor = 2**number if axis in "yx" else 1
            assert step == size * factor
            # The centre of the first pixel, less half a pixel, is the edge of the image at every level.
            assert at - step / 2 == pytest.approx(-size / 2)


def test_what_else_the_group_says_is_passed_on(stored):
    stored["attributes"]["note"] = {"by": "somebody"}
    stored["attributes"]["ome"]["creator"] = "someone else"
    stored["attributes"]["ome"]["multiscales"][0]["coordinateTransformations"] = [{"type": "scale", "scale": [2.0]}]
    stored["attributes"]["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"].append(
        {"type": "translation", "translation": [100.0] * len(parse_group(stored).axes)}
    )
    before = json.dumps(stored)
    for ome in ("0.5", "0.4"):
        _, made = documents(Form(ome), stored)
        attributes = made["zarr.json"]["attributes"] if ome == "0.5" else made[".zattrs"]
        assert attributes["note"] == {"by": "somebody"}
        block = attributes["ome"] if ome == "0.5" else attributes
        assert block["creator"] == "someone else"
        assert block["multiscales"][0]["coordinateTransformations"] == [{"type": "scale", "scale": [2.0]}]
        shift = block["multiscales"][0]["datasets"][0]["coordinateTransformations"][1]
        assert set(shift["translation"]) == {100.0}
    assert json.dumps(stored) == before


def test_labels_are_consolidated_below_the_image_and_below_themselves(stored):
    for ome in ("0.5", "0.4"):
        form = Form(ome)
        image = image_documents(form, parse_group(stored), stored["attributes"])
        made = join_documents(form, {"": image, "labels": labels_documents(form, ["a"]), "labels/a": image})
        if ome == "0.5":
            assert made["zarr.json"]["consolidated_metadata"]["metadata"]["labels/a/0"] == image["0/zarr.json"]
            assert "a/0" in made["labels/zarr.json"]["consolidated_metadata"]["metadata"]
            assert made["labels/a/zarr.json"]["consolidated_metadata"]["metadata"]["0"] == image["0/zarr.json"]
        else:
            assert made[".zmetadata"]["metadata"]["labels/a/0/.zarray"] == image["0/.zarray"]
            assert made["labels/.zattrs"] == {"labels": ["a"]}
            assert made["labels/a/.zmetadata"]["metadata"]["0/.zarray"] == image["0/.zarray"]

"""What a group's document says; and that no document does worse than a FormatError."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ziggurat.encode import Encoding
from ziggurat.errors import FormatError
from ziggurat.ingest.group import array_document, group_document
from ziggurat.ingest.layout import plan_arrays
from ziggurat.ingest.source import Source
from ziggurat.metadata import Channel, ImageInfo, parse_group


def document(axes="cyx", shape=(2, 3000, 2000), dtype="uint16", *, rgb=False, fill=0, **told):
    """The document of an image that need not exist."""
    source = Source("cells", tuple(axes), shape, np.dtype(dtype), lambda box: np.zeros(1), rgb=rgb, **told)
    arrays = plan_arrays(source.axes, shape, rgb=rgb)
    encodings = [Encoding(a.shard_shape, a.chunk_shape, "rct" if rgb else "mean", fill) for a in arrays]
    documents = [array_document(a, e, dtype, source.axes) for a, e in zip(arrays, encodings, strict=True)]
    count = shape[axes.index("c")] if "c" in axes else 1
    channels = [Channel(f"stain {n}", "00FF00", (n, 100), (0, 4095), visible=n != 1) for n in range(count)]
    return json.loads(json.dumps(group_document(source, [3 * n for n in range(len(arrays))], documents, channels)))


def test_what_ingest_writes_is_read_back():
    info = parse_group(document(scale={"y": 0.5, "x": 0.25}, unit={"y": "micrometer", "x": "micrometer"}))
    assert (info.title, info.axes, info.shape, info.dtype) == ("cells", ("c", "y", "x"), (2, 3000, 2000), "uint16")
    assert info.scale == {"y": 0.5, "x": 0.25}
    assert info.unit == {"y": "micrometer", "x": "micrometer"}
    assert info.channels[1] == Channel("stain 1", "00FF00", (1, 100), (0, 4095), visible=False)
    assert [level.shape for level in info.levels[:3]] == [(2, 3000, 2000), (2, 1500, 1000), (2, 750, 500)]
    assert [(level.array, level.decode) for level in info.levels] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
        (1, 2),
        (1, 3),
    ]
    assert info.arrays[0].shard_key(0) == "0/c/0/0/0"
    assert not info.rgb


@pytest.mark.parametrize(
    ("axes", "shape", "levels"),
    [
        ("yx", (1, 1), 1),
        ("yx", (2, 1), 2),
        ("yx", (5, 9), 4),
        ("yx", (512, 512), 4),
        ("yx", (513, 1), 7),
        ("yx", (4096, 4096), 7),
        ("tczyx", (2, 2, 2, 40_000, 40_000), 13),
    ],
)
def test_every_power_of_two_is_a_level(axes, shape, levels):
    info = parse_group(document(axes, shape))
    assert [level.level for level in info.levels] == list(range(levels))
    for fine, coarse in zip(info.levels, info.levels[1:], strict=False):
        assert coarse.shape == (*fine.shape[:-2], *(-(-size // 2) for size in fine.shape[-2:]))


def test_a_colour_picture_is_known_by_its_coding():
    assert parse_group(document(shape=(3, 100, 100), dtype="uint8", rgb=True)).rgb
    assert not parse_group(document(shape=(3, 100, 100), dtype="uint8")).rgb


def test_fill_values_are_those_of_the_arrays():
    assert {array.fill_value for array in parse_group(document(fill=7)).arrays} == {7}


def test_a_scale_of_1_without_a_unit_is_no_size():
    assert parse_group(document()).scale == {}


@pytest.mark.parametrize(
    ("omero", "expected"),
    [
        (None, Channel("channel 0", "FFFFFF", (0, 65535), (0, 65535))),
        ({}, Channel("channel 0", "FFFFFF", (0, 65535), (0, 65535))),
        ({"channels": [{}]}, Channel("channel 0", "FFFFFF", (0, 65535), (0, 65535))),
        ({"channels": [{"label": "DAPI", "color": "#00ff00"}]}, Channel("DAPI", "00FF00", (0, 65535), (0, 65535))),
        ({"channels": [{"color": "red; }"}]}, Channel("channel 0", "FFFFFF", (0, 65535), (0, 65535))),
        ({"channels": [{"window": {"start": 5, "end": 9}}]}, Channel("channel 0", "FFFFFF", (5, 9), (0, 65535))),
    ],
)
def test_channels_that_are_told_of_badly_are_shown_sensibly(omero, expected):
    group = document(axes="yx", shape=(50, 60))
    group["attributes"]["ome"]["omero"] = omero
    assert parse_group(group).channels == (expected,)


def change(path, value):
    """Return a change of a document: the place ``path`` becomes ``value``, or goes where that is DELETE."""

    def changed(group):
        *parents, last = path
        node = group
        for key in parents:
            node = node[key]
        if value is DELETE:
            del node[last]
        else:
            node[last] = value
        return group

    return changed


DELETE = object()
MULTISCALE = ("attributes", "ome", "multiscales", 0)
SCALE = (*MULTISCALE, "datasets", 1, "coordinateTransformations", 0, "scale")
ARRAY = ("consolidated_metadata", "metadata", "0")
CODEC = (*ARRAY, "codecs", 0, "configuration")
BIG = 1 << 62

REFUSED = {
    "no attributes": change(("attributes",), DELETE),
    "no ome": change(("attributes", "ome"), DELETE),
    "ome is a list": change(("attributes", "ome"), []),
    "no multiscales": change(("attributes", "ome", "multiscales"), []),
    "no consolidated metadata": change(("consolidated_metadata",), None),
    "an array is missing there": change(ARRAY, DELETE),
    "no datasets": change((*MULTISCALE, "datasets"), []),
    "datasets in another order": change(SCALE, [1, 1 / 8, 1 / 8]),
    "a scale of 3": change(SCALE, [1, 3, 3]),
    "a scale of 0": change(SCALE, [1, 0, 0]),
    "a scale below 0": change(SCALE, [1, -8, -8]),
    "a huge scale": change(SCALE, [1, 1e300, 1e300]),
    "a base scale of 0": change((*MULTISCALE, "datasets", 0, "coordinateTransformations", 0, "scale"), [1, 0, 0]),
    "a short scale": change((*MULTISCALE, "datasets", 0, "coordinateTransformations", 0, "scale"), [1]),
    "an empty scale": change(SCALE, []),
    "no scale": change((*MULTISCALE, "datasets", 1, "coordinateTransformations"), []),
    "axes twice": change((*MULTISCALE, "axes"), [{"name": "x"}, {"name": "y"}, {"name": "x"}]),
    "axes in another order": change((*MULTISCALE, "axes"), [{"name": "y"}, {"name": "x"}, {"name": "c"}]),
    "an unknown axis": change((*MULTISCALE, "axes"), [{"name": "angle"}, {"name": "y"}, {"name": "x"}]),
    "too few axes": change((*MULTISCALE, "axes"), [{"name": "y"}, {"name": "x"}]),
    "axes are words": change((*MULTISCALE, "axes"), ["c", "y", "x"]),
    "a path out of the image": change((*MULTISCALE, "datasets", 0, "path"), "../0"),
    "a path to the root": change((*MULTISCALE, "datasets", 0, "path"), "/etc"),
    "an empty path": change((*MULTISCALE, "datasets", 0, "path"), ""),
    "a path that is a number": change((*MULTISCALE, "datasets", 0, "path"), 0),
    "floats": change((*ARRAY, "data_type"), "float32"),
    "no known type": change((*ARRAY, "data_type"), "uint12"),
    "a structured type": change((*ARRAY, "data_type"), {"name": "structured"}),
    "types that differ": change((*ARRAY, "data_type"), "int16"),
    "a fill value that is NaN": change((*ARRAY, "fill_value"), "NaN"),
    "fill values that differ": change((*ARRAY, "fill_value"), 5),
    "another codec": change((*ARRAY, "codecs", 0, "name"), "bytes"),
    "no codec": change((*ARRAY, "codecs"), []),
    "two codecs": change((*ARRAY, "codecs"), [{"name": "ziggurat"}, {"name": "zstd"}]),
    "no configuration": change((*ARRAY, "codecs", 0, "configuration"), DELETE),
    "no resolutions": change((*CODEC, "resolutions"), 0),
    "endless resolutions": change((*CODEC, "resolutions"), BIG),
    "resolutions that are true": change((*CODEC, "resolutions"), True),
    "too few resolutions to the next array": change((*CODEC, "resolutions"), 2),
    "an unknown coding": change((*CODEC, "coding"), "cmyk"),
    "keys of another kind": change((*ARRAY, "chunk_key_encoding"), {"name": "v2"}),
    "keys with dots": change((*ARRAY, "chunk_key_encoding", "configuration"), {"separator": "."}),
    "keys without configuration": change((*ARRAY, "chunk_key_encoding", "configuration"), None),
    "a shape below 0": change((*ARRAY, "shape"), [2, -3000, 2000]),
    "a shape of 0": change((*ARRAY, "shape"), [2, 0, 2000]),
    "a huge shape": change((*ARRAY, "shape"), [2, BIG, BIG]),
    "a shape of fractions": change((*ARRAY, "shape"), [2, 3000.5, 2000]),
    "a shape of words": change((*ARRAY, "shape"), ["2", "3000", "2000"]),
    "no shape": change((*ARRAY, "shape"), None),
    "a shape that fits no other array": change((*ARRAY, "shape"), [2, 3000, 2100]),
    "shards of 0": change((*ARRAY, "chunk_grid", "configuration", "chunk_shape"), [1, 0, 0]),
    "chunks that do not divide": change((*CODEC, "chunk_shape"), [1, 500, 512]),
    "chunks that levels do not divide": change((*CODEC, "chunk_shape"), [1, 4, 4]),
    "windows that are words": change(("attributes", "ome", "omero", "channels", 0, "window", "start"), "low"),
    "channels that are words": change(("attributes", "ome", "omero", "channels"), ["a", "b"]),
}


@pytest.mark.parametrize("changed", REFUSED.values(), ids=REFUSED)
def test_documents_that_are_no_image(changed):
    with pytest.raises(FormatError):
        parse_group(changed(document()))


def places(node, path=()):
    """Every place in a document."""
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


GOOD = document(axes="tcyx", shape=(1, 2, 700, 900))
PLACES = [path for path in places(GOOD) if path]
values = st.sampled_from(
    [
        DELETE,
        None,
        True,
        0,
        -1,
        3,
        1 << 40,
        1 << 70,
        0.5,
        -2.5,
        1e308,
        "",
        "x",
        "..",
        [],
        {},
        [[]],
        [1, 2],
        {"name": "y"},
    ]
)


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=3))
def test_any_change_gives_an_image_or_a_format_error(changes):
    group = copy.deepcopy(GOOD)
    for path, value in changes:
        try:
            change(path, value)(group)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    try:
        info = parse_group(group)
    except FormatError:
        return
    assert isinstance(info, ImageInfo)
    assert [level.level for level in info.levels] == list(range(len(info.levels)))
    assert len(info.channels) == info.shape[1]

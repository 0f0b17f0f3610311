"""Reading regions of real images: exactly, within an error, at any level."""

from __future__ import annotations

import numpy as np
import PIL.Image
import pytest

import ziggurat
from support.images import mean_2x2
from support.stores import CountingStore
from ziggurat.errors import RequestError
from ziggurat.image import Image


def counted(image):
    opened = ziggurat.open(image.path)
    return Image(opened.info, CountingStore(opened.store), packet_cache_nbytes=0)


def middle(shape, size=300):
    """A window of at most ``size`` pixels a side, in the middle of a plane."""
    return {
        axis: slice(max(0, n // 2 - size // 2), n // 2 + size // 2) for axis, n in zip("yx", shape[-2:], strict=True)
    }


def test_an_error_of_16_is_held_and_costs_fewer_bytes(image):
    part = middle(image.pixels.shape)
    exact, rough = counted(image), counted(image)
    expected = exact.read(**part)
    found = rough.read(max_error=16, **part)
    assert found.dtype == expected.dtype
    assert np.abs(found.astype(np.int64) - expected).max() <= 16
    if image.name not in (
        "camera",
        "labels32",
    ):  # these lie in the bytes that come with their index, or are nearly flat
        assert rough.store.nbytes < exact.store.nbytes


@pytest.mark.parametrize("name", ["slide", "zstack", "offset"])
@pytest.mark.parametrize("level", [0, 1, 2, 3, 4])
def test_errors_are_held_at_every_level(ingested, name, level):
    image = ziggurat.open(ingested(name).path)
    level = min(level, len(image.levels) - 1)
    part = middle(image.levels[level].shape, 200)
    exact = image.read(level=level, **part).astype(np.int64)
    for max_error in (0.5, 1, 3, 20, 500, float("inf")):
        assert np.abs(image.read(level=level, max_error=max_error, **part) - exact).max() <= max_error


SELECTIONS = [
    {},
    {"c": 1},
    {"c": -1, "y": 0},
    {"y": slice(100, 620), "x": slice(490, 530)},
    {"c": slice(1, 2), "y": slice(3, 1000, 97), "x": slice(None, None, 400)},
    {"x": slice(-50, None)},
    {"y": slice(50, 50)},
    {"c": np.int64(0), "y": np.int32(999), "x": 1199},
]


@pytest.mark.parametrize("wanted", SELECTIONS, ids=str)
def test_selections_at_levels(ingested, wanted):
    image = ziggurat.open(ingested("speckles").path)
    for level in (0, 2, 3):
        scaled = {
            axis: slice(*((None if v is None else v >> level) for v in (s.start, s.stop)), s.step)
            if isinstance(s, slice) and axis in "yx"
            else (s if axis == "c" else int(s) >> level)
            for axis, s in wanted.items()
        }
        whole = image.read(level=level)
        expected = whole[tuple(scaled.get(axis, slice(None)) for axis in "cyx")]
        found = image.read(level=level, **scaled)
        assert found.shape == expected.shape
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("name", ["slide", "zstack", "movie", "rgb48", "phase"])
def test_any_selection_of_any_level_is_what_numpy_takes_of_it(ingested, name):
    """Against the levels computed from the source: integers, slices and steps, from both ends, empty and beyond the edge."""
    image, pixels = ziggurat.open(ingested(name).path), ingested(name).pixels
    random = np.random.default_rng(17)
    for level in (0, 1, 2, 3, 4):
        if level >= len(image.levels):
            break
        expected = pixels if ingested(name).real.rgb else mean_2x2(pixels, level)
        if ingested(name).real.rgb:
            expected = image.read(level=level)  # through the colour transform, levels are not the means of each channel
        assert expected.shape == image.levels[level].shape
        for _ in range(12):
            wanted = {axis: any_index(random, size) for axis, size in zip(image.axes, expected.shape, strict=True)}
            wanted = {axis: index for axis, index in wanted.items() if index is not None}
            found = image.read(level=level, **wanted)
            taken = expected[tuple(wanted.get(axis, slice(None)) for axis in image.axes)]
            assert found.shape == taken.shape
            assert np.array_equal(found, taken)


def any_index(random, size):
    """An index of some kind along an axis; None to leave the axis out."""
    kind = random.integers(0, 5)
    start, stop = random.integers(-size - 3, size + 4, 2).tolist()
    step = int(random.choice([1, 2, 3, 7, size, size + 5]))
    return [
        None,
        int(random.integers(-size, size)),
        slice(start, stop),
        slice(min(start % (size + 1), size // 2), None, step),
        slice(start, stop, step),
    ][kind]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level": 99}, "levels 0 to"),
        ({"level": -1}, "levels 0 to"),
        ({"level": 0.5}, "level"),
        ({"level": "0"}, "level"),
        ({"max_error": -1}, "0 or more"),
        ({"max_error": float("nan")}, "0 or more"),
        ({"max_error": "low"}, "max_error"),
        ({"q": 1}, "no axis q"),
        ({"z": 0}, "no axis z"),
        ({"y": 1000}, "outside 0 to 999"),
    ],
)
def test_requests_that_cannot_be_answered(ingested, arguments, message):
    image = ziggurat.open(ingested("speckles").path)
    with pytest.raises(RequestError, match=message):
        image.read(**arguments)
    with pytest.raises(RequestError, match=message):
        next(iter(image.refine(**arguments)))


def test_a_small_region_reads_its_chunk_and_little_more(ingested):
    image = counted(ingested("slide"))
    image.read(y=slice(100, 110), x=slice(100, 110))
    whole = sum(path.stat().st_size for path in (ingested("slide").path / "0").rglob("*") if path.is_file())
    assert len(image.store.ranges) <= 3
    assert image.store.nbytes < whole / 10


def test_an_index_is_read_once(ingested):
    image = counted(ingested("slide"))
    image.read(level=3, y=0)
    before = len(image.store.ranges)
    image.read(level=3, y=0)
    again = image.store.ranges[before:]
    assert all(start > 0 for _, start, _ in again)


@pytest.mark.parametrize("name", ["speckles", "slide", "zstack", "camera"])
def test_refinements_get_better_to_the_last_bit_and_read_nothing_twice(ingested, name):
    image = counted(ingested(name))
    part = middle(image.shape, 600)
    exact = image.read(**part).astype(np.int64)
    cost, image.store.ranges[:] = image.store.nbytes, []
    errors, nbytes, last = [], [], None
    for step in image.refine(**part):
        assert np.abs(step.array - exact).max() <= step.max_error
        errors.append(step.max_error)
        nbytes.append(step.bytes_read)
        assert last is not step.array
        last = step.array
    assert errors == sorted(errors, reverse=True)
    assert nbytes == sorted(nbytes)
    assert errors[-1] == 0
    assert len(errors) > 1
    assert np.array_equal(last, exact)
    read = [(key, at) for key, start, stop in image.store.ranges for at in range(start, stop)]
    assert len(read) == len(set(read))
    assert image.store.nbytes <= 1.3 * cost + 100_000


@pytest.mark.parametrize("max_error", [0, 10, 1e9])
def test_the_last_refinement_is_what_read_gives(ingested, max_error):
    image = ziggurat.open(ingested("slide").path)
    part = {"level": 1, "y": slice(300, 800, 3), "x": 400, "c": 0}
    *_, last = image.refine(max_error=max_error, **part)
    assert last.max_error <= max_error
    assert np.array_equal(last.array, image.read(max_error=max_error, **part))


def test_refinements_that_are_left_midway_harm_nobody(ingested):
    image = ziggurat.open(ingested("slide").path)
    for _ in range(3):
        for step in image.refine(level=2):
            assert step.array.shape == image.levels[2].shape
            break
    assert image.read(level=5).shape == image.levels[5].shape


def test_an_empty_region_is_an_empty_array(ingested):
    image = ziggurat.open(ingested("speckles").path)
    assert image.read(y=slice(7, 7)).shape == (2, 0, 1200)
    assert [step.array.shape for step in image.refine(y=slice(7, 7))] == [(2, 0, 1200)]


def test_what_an_image_tells_of_itself(ingested):
    image = ziggurat.open(ingested("zstack").path)
    assert image.axes == ("c", "z", "y", "x")
    assert image.shape == (2, 45, 130, 133)
    assert image.dtype == np.uint16
    assert [level.level for level in image.levels] == [0, 1, 2, 3]
    assert len(image.channels) == 2
    assert repr(image).endswith("zstack.zarr (c=2, z=45, y=130, x=133) uint16, 4 levels>")


@pytest.mark.parametrize(("size", "expected"), [(256, (192, 256)), (64, (48, 64)), (1, (1, 1)), (4096, (2220, 2967))])
def test_thumbnails_keep_their_shape_and_are_not_enlarged(ingested, size, expected):
    picture = ziggurat.open(ingested("slide").path).thumbnail(size)
    assert isinstance(picture, PIL.Image.Image)
    assert picture.mode == "RGB"
    assert picture.size == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("size", [0, -1, 4097])
def test_thumbnails_of_other_sizes_are_refused(ingested, size):
    with pytest.raises(RequestError, match="1 to 4096"):
        ziggurat.open(ingested("camera").path).thumbnail(size)


def test_every_image_has_a_thumbnail_that_shows_something(image):
    picture = np.asarray(ziggurat.open(image.path).thumbnail(64))
    assert max(picture.shape[:2]) <= 64
    assert picture.std() > 1


def test_reading_from_many_threads_at_once(ingested):
    from concurrent.futures import ThreadPoolExecutor

    image, pixels = ziggurat.open(ingested("speckles").path), ingested("speckles").pixels
    rows = list(range(0, 1000, 50))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda y: image.read(c=0, y=y), rows))
    assert np.array_equal(np.stack(found), pixels[0, rows])


async def test_the_same_in_a_running_event_loop(ingested):
    image, pixels = ziggurat.open(ingested("speckles").path), ingested("speckles").pixels
    assert np.array_equal(await image.aread(c=1, y=slice(0, 9)), pixels[1, :9])
    steps = [step async for step in image.arefine(c=1, y=slice(0, 9))]
    assert np.array_equal(steps[-1].array, pixels[1, :9])
    assert np.array_equal(image.read(c=1, y=slice(0, 9)), pixels[1, :9])  # the plain call as well, as in a notebook

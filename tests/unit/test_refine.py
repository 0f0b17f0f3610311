"""Regions that get better: until an error is reached, or until the window can show no more."""

from __future__ import annotations

import numpy as np
import pytest

import ziggurat
from support.library import KINDS, store_of
from support.stores import CountingStore
from ziggurat import refine
from ziggurat.errors import RequestError
from ziggurat.image import Image
from ziggurat.window import display_values

KINDS_WITH_STEPS = [kind for kind in KINDS if kind != "bool" and not kind.startswith("labels")]


@pytest.fixture(scope="module")
def kind_path(request, tmp_path_factory):
    """The store of an image of some kind, made when it is first asked for."""
    made = {}

    def get(kind):
        if kind not in made:
            data = request.getfixturevalue("data") if "_" in kind else None
            made[kind] = store_of(kind, data, tmp_path_factory.mktemp(kind))
        return made[kind]

    return get


def counted(path):
    opened = ziggurat.open(path)
    return Image(opened.info, CountingStore(opened.store), packet_cache_nbytes=0)


def looks_alike(found, exact, window):
    return np.array_equal(display_values(found, window), display_values(exact, window))


def percentiles(pixels, low, high):
    ends = np.nanpercentile(np.where(np.isfinite(pixels), pixels, np.nan).astype(np.float64), [low, high])
    return tuple(map(float, ends))


@pytest.mark.parametrize("kind", KINDS_WITH_STEPS)
@pytest.mark.parametrize(("low", "high"), [(1, 99), (97, 99.9)])
def test_with_a_window_every_pixel_of_every_kind_looks_as_the_exact_one(kind_path, kind, low, high):
    image = ziggurat.open(kind_path(kind))
    part = {"y": slice(20, 320), "x": slice(40, 240)} | ({"z": -1} if "z" in image.axes else {})
    exact = image.read(**part)
    window = percentiles(exact, low, high)
    *_, step = image.refine(window=window, **part)
    for found in (step.array, image.read(window=window, **part)):
        assert found.dtype == exact.dtype
        assert looks_alike(found, exact, window)


def test_with_a_window_every_real_image_looks_as_it_does_exactly(image):
    opened = ziggurat.open(image.path)
    level = min(1, len(opened.levels) - 1)
    exact = opened.read(level=level)
    window = percentiles(exact, 90, 99.9)
    *_, step = opened.refine(level=level, window=window)
    assert looks_alike(step.array, exact, window)
    if step.max_error == 0:
        assert np.array_equal(step.array, exact)


@pytest.mark.parametrize("name", ["zstack", "speckles", "rgb48"])
def test_with_a_window_that_clips_much_it_stops_early(ingested, name):
    image = counted(ingested(name).path)
    exact = image.read()
    window = (float(exact.max()) * 0.9, float(exact.max()) * 1.5)
    whole, image.store.ranges[:] = image.store.nbytes, []
    *_, step = image.refine(window=window)
    assert looks_alike(step.array, exact, window)
    assert step.max_error > 0
    assert step.bytes_read < 0.95 * whole
    image.store.ranges[:] = []
    assert looks_alike(image.read(window=window), exact, window)
    assert image.store.nbytes < 0.95 * whole


def test_nothing_that_could_change_a_grey_is_left_out_where_values_lie_in_the_window(ingested):
    image = ziggurat.open(ingested("camera").path)
    *_, step = image.refine(window=(0, 255))
    assert step.max_error == 0
    assert np.array_equal(step.array, ingested("camera").pixels)


def test_all_beyond_the_window_costs_next_to_nothing(ingested):
    image = counted(ingested("speckles").path)
    steps = list(image.refine(window=(60_000, 65_000)))
    assert len(steps) == 1
    assert not display_values(steps[0].array, (60_000, 65_000)).any()
    assert steps[0].bytes_read < 20_000


def test_each_channel_has_its_own_window(ingested):
    pixels = ingested("zstack").pixels
    image = counted(ingested("zstack").path)
    windows = [(0, 65_535), (60_000, 65_000)]
    *_, step = image.refine(window=windows, z=4)
    for channel, window in enumerate(windows):
        assert looks_alike(step.array[channel], pixels[channel, 4], window)
    assert np.array_equal(step.array[0], pixels[0, 4])
    *_, swapped = image.refine(window=windows[::-1], z=4, c=slice(None, None))
    assert np.array_equal(swapped.array[1], pixels[1, 4])


def test_windows_go_with_the_channels_that_are_picked(ingested):
    pixels = ingested("rgb48").pixels
    image = ziggurat.open(ingested("rgb48").path)
    windows = [(0, 4095), (4095, 5000)]
    *_, step = image.refine(window=windows, c=slice(0, 3, 2), y=slice(3, 500, 7))
    assert np.array_equal(step.array[0], pixels[0, 3:500:7])
    assert looks_alike(step.array[1], pixels[2, 3:500:7], windows[1])
    *_, step = image.refine(window=windows[1], c=2)
    assert looks_alike(step.array, pixels[2], windows[1])


def test_a_window_stops_at_the_error_that_is_enough_all_the_same(ingested):
    image = ziggurat.open(ingested("speckles").path)
    *_, step = image.refine(window=(0, 4095), max_error=20)
    assert 0 < step.max_error <= 20
    found = image.read(window=(0, 4095), max_error=20)
    assert np.abs(found.astype(int) - ingested("speckles").pixels).max() <= 20


def test_reading_with_a_window_asks_a_store_twice_at_most(ingested):
    image = counted(ingested("camera").path)
    image.read(level=3)  # its index is known now
    image.store.ranges[:] = []
    image.read(window=(0, 255))
    assert len(image.store.ranges) <= 2 * 3  # at most three ranges of the one chunk each time


@pytest.mark.parametrize("window", [(5, 1), 3, [(0, 1)] * 3, (0, float("nan"))])
def test_windows_that_are_none(ingested, window):
    image = ziggurat.open(ingested("speckles").path)
    with pytest.raises(RequestError, match="window"):
        image.read(window=window)
    with pytest.raises(RequestError, match="window"):
        next(image.refine(window=window))


@pytest.mark.parametrize("kind", KINDS)
def test_refinements_of_every_kind_keep_their_promise_and_end_exactly(kind_path, kind):
    image = ziggurat.open(kind_path(kind))
    first = {"z": 0} if "z" in image.axes else {}
    exact = image.read(**first)
    finite = np.isfinite(exact)
    for step in image.refine(**first):
        assert step.array.dtype == exact.dtype
        assert largest_error(step.array[finite], exact[finite]) <= step.max_error
    assert step.max_error == 0
    assert step.array.tobytes() == exact.tobytes()


def largest_error(found, exact):
    """Of integers as they are: those of 64 bits are no floats."""
    if exact.dtype.kind == "f":
        return float(np.abs(found.astype(np.longdouble) - exact).max())
    return max(abs(int(a) - int(b)) for a, b in zip(found.ravel()[::17], exact.ravel()[::17], strict=True))


@pytest.mark.parametrize("chunks", [0, 1, 5])
def test_the_desk_bounds_what_is_half_decoded_and_changes_nothing_else(ingested, monkeypatch, chunks):
    image = ziggurat.open(ingested("rgb48").path, packet_cache_nbytes=0)
    expected = list(image.refine())
    assert image.info.arrays[0].geometry.chunk_shape == (1, 512, 512)
    chunk_nbytes = 512 * 512 * refine.DECODER_PIXEL_NBYTES
    monkeypatch.setattr(refine, "DESK_NBYTES", chunks * chunk_nbytes)
    most = 0
    draw = refine._draw

    async def watched(states, array, out):
        nonlocal most
        await draw(states, array, out)
        most = max(most, sum(len(state.decoders) for state in states))

    monkeypatch.setattr(refine, "_draw", watched)
    found = list(image.refine())
    assert most == chunks
    assert [(step.max_error, step.bytes_read) for step in found] == [(s.max_error, s.bytes_read) for s in expected]
    assert all(np.array_equal(a.array, b.array) for a, b in zip(found, expected, strict=True))


def test_where_no_bytes_follow_the_end_is_reached(ingested):
    """A plane of nearly nothing but background is exact before its last step."""
    image = ziggurat.open(ingested("labels32").path)
    steps = list(image.refine())
    assert steps[-1].max_error == 0
    assert np.array_equal(steps[-1].array, ingested("labels32").pixels)


def test_pixels_between_the_steps_of_a_selection_cost_nothing(ingested):
    image = counted(ingested("npy").path)
    assert image.axes == ("z", "y", "x")
    list(image.refine(z=slice(0, 40, 20)))
    stepped, image.store.ranges[:] = image.store.nbytes, []
    image.read(z=0)
    image.read(z=20)
    assert stepped <= 1.3 * image.store.nbytes + 50_000

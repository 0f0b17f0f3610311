"""What each kind of read costs, counted at the store: docs/reading.md has the same figures in words."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import tifffile

import ziggurat
from support.library import KINDS, LABELS, store_of
from support.shards import by_steps
from support.stores import CountingStore
from ziggurat.geometry import chunk_places
from ziggurat.image import aopen
from ziggurat.ingest import Source, ingest
from ziggurat.loops import run
from ziggurat.plan import GAP_NBYTES
from ziggurat.shards import FIRST_READ_NBYTES
from ziggurat.store import open_store


class Counted(CountingStore):
    """Counts whole objects as well, and takes itself for a remote store: there gaps are longer."""

    def __init__(self, inner, remote=False):
        super().__init__(inner)
        self.whole = []
        if remote:
            self.objects = object()

    async def get(self, key):
        data = await super().get(key)
        self.whole.append((key, len(data)))
        return data


def counted(path, **options):
    image = run(aopen(Counted(open_store(path)), packet_cache_nbytes=0))
    image.store.ranges[:] = []
    if options.get("remote"):
        image.store.objects = object()
    return image


@pytest.fixture(scope="module")
def mosaic(data, tmp_path_factory):
    """6,200 × 6,200 pixels of 16 bits, real frames side by side: 2 × 2 shards, the first of 8 × 8 chunks."""
    frame = tifffile.imread(data / "fluo16_nuclear_protein_control_1192.tif")
    turned = [[np.rot90(frame, (i + j) % 4) for j in range(6)] for i in range(6)]
    pixels = np.ascontiguousarray(np.block(turned)[:6200, :6200])
    path = tmp_path_factory.mktemp("mosaic") / "mosaic.zarr"
    ingest(Source("mosaic", ("y", "x"), pixels.shape, pixels.dtype, lambda box: pixels[box]), path)
    return path


def packets_nbytes(image, region, level=0):
    """Bytes of all packets of the chunks that a region touches, and how many chunks and shards these are."""
    place = image.levels[level]
    array = image.info.arrays[place.array]
    places = chunk_places(array.geometry, region, place.decode)
    total = 0
    for at in places:
        index = run(image.shards.index(array, at.shard))
        total += int(index.lengths[at.chunk, place.decode :].sum())
    return total, len(places), len({at.shard for at in places})


def fronts(ranges):
    return [interval for interval in ranges if interval[1] == 0]


def test_opening_is_one_object(mosaic):
    image = run(aopen(Counted(open_store(mosaic))))
    assert [key for key, _ in image.store.whole] == ["zarr.json"]
    assert image.store.ranges == []
    assert image.store.whole[0][1] < 8 * 1024


def test_a_shard_that_lies_step_by_step_is_read_as_a_whole(ingested, tmp_path):
    copy = shutil.copytree(ingested("speckles").path, tmp_path / "copy.zarr")
    shard = copy / "0/c/0/0/0"
    shard.write_bytes(by_steps(shard.read_bytes()))
    image = counted(copy)
    for _ in range(2):
        run(image.shards.index(image.info.arrays[0], 0))
    read = [(start, stop) for _, start, stop in image.store.ranges]
    assert read == [(0, FIRST_READ_NBYTES), (FIRST_READ_NBYTES, shard.stat().st_size)]


@pytest.mark.parametrize("channels", [1, 2])
def test_a_thumbnail_is_three_requests_and_64_kib_at_most(ingested, tmp_path, channels):
    """Of any image whose thumbnail fits a stored chunk, as of one of 16,000 pixels a side: here of 2,000."""
    frames = ingested("speckles").pixels[:channels]
    pixels = np.concatenate([np.concatenate([frames, frames[:, ::-1]], 1)] * 2, 2)[:, :2000, :2000]
    ingest(Source("two", ("c", "y", "x"), pixels.shape, pixels.dtype, lambda box: pixels[box]), tmp_path / "two.zarr")
    image = counted(tmp_path / "two.zarr", remote=True)
    assert image.thumbnail(256).size == (250, 250)
    assert len(image.store.ranges) + len(image.store.whole) <= 3
    assert image.store.nbytes + image.store.whole[0][1] <= 64 * 1024


@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("corner", [(2048, 2048), (1700, 900), (3600, 3600), (5100, 40)])
def test_an_exact_region_is_its_packets_in_few_requests(mosaic, corner, remote):
    top, left = corner
    image = counted(mosaic, remote=remote)
    image.read(y=slice(top, top + 1024), x=slice(left, left + 1024))
    read = list(image.store.ranges)
    nbytes, chunks, shards = packets_nbytes(image, ((top, top + 1024), (left, left + 1024)))
    assert len(fronts(read)) == shards
    assert len(read) - shards <= 2 * chunks
    assert sum(stop - start for _, start, stop in read[0:] if start) <= 1.05 * nbytes
    assert image.store.nbytes <= 1.05 * nbytes + shards * FIRST_READ_NBYTES


@pytest.mark.parametrize("level", range(7))
def test_one_tile_of_any_level_is_its_front_and_two_ranges_at_most(mosaic, level):
    image = counted(mosaic)
    shape = image.levels[level].shape
    decode = image.levels[level].decode
    side = 512 >> decode
    top, left = ((size // 2) // side * side for size in shape)
    bottom, right = min(top + side, shape[0]), min(left + side, shape[1])
    image.read(level=level, y=slice(top, bottom), x=slice(left, right))
    nbytes, chunks, shards = packets_nbytes(image, ((top, bottom), (left, right)), level)
    assert (chunks, shards) == (1, 1)
    assert len(image.store.ranges) <= 3
    assert image.store.nbytes <= FIRST_READ_NBYTES + nbytes


@pytest.mark.parametrize("remote", [False, True])
def test_a_region_to_an_error_is_few_requests_a_chunk_and_fewer_bytes(mosaic, remote):
    costs = []
    for max_error in (0, 1, 4, 16, 64, 256, 5000):
        image = counted(mosaic, remote=remote)
        image.read(y=slice(2048, 3072), x=slice(2048, 3072), max_error=max_error)
        costs.append(image.store.nbytes)
        assert len(image.store.ranges) - 1 <= (2 if remote else 4) * 4
    assert costs == sorted(costs, reverse=True)
    assert costs[3] < 0.7 * costs[0]
    assert costs[-1] <= FIRST_READ_NBYTES + 1024


def test_gaps_bound_what_is_read_in_vain(mosaic):
    """Between two ranges of one chunk more than a gap is left out; so at most a gap for each resolution is in vain."""
    image = counted(mosaic, remote=True)
    image.read(y=slice(2048, 2560), x=slice(2048, 2560), max_error=16)
    index = run(image.shards.index(image.info.arrays[0], 0))
    chunk = 4 * 8 + 4
    step = next(
        t for t in range(index.header.first_step, -1, -1) if ziggurat._core.error_bound(index.header, 0, t) <= 16
    )
    wanted = int(index.lengths[chunk, :, step:].sum())
    assert image.store.nbytes <= FIRST_READ_NBYTES + wanted + 3 * GAP_NBYTES


@pytest.mark.parametrize("name", ["zstack", "ct", "movie", "npy", "imagexpress"])
def test_one_plane_never_reads_another_planes_bytes(ingested, name):
    """Beyond the front of the shard, which all planes share, every range lies within the plane's own packets."""
    image = counted(ingested(name).path)
    array = image.info.arrays[0]
    last = {axis: size - 1 for axis, size in zip(image.axes, image.shape[:-2], strict=False)}
    for wanted in (dict.fromkeys(last, 0), {axis: at // 2 for axis, at in last.items()}, last):
        image.store.ranges[:] = []
        found = image.read(**wanted)
        assert np.array_equal(found, ingested(name).pixels[tuple(wanted.values())])
        region = (*((at, at + 1) for at in wanted.values()), *((0, size) for size in image.shape[-2:]))
        own = set()
        for place in chunk_places(array.geometry, region):
            index = run(image.shards.index(array, place.shard))
            offsets, lengths = index.offsets[place.chunk].ravel().tolist(), index.lengths[place.chunk].ravel().tolist()
            own |= {
                (index.key, at)
                for start, nbytes in zip(offsets, lengths, strict=True)
                for at in range(start, start + nbytes)
            }
        read = {(key, at) for key, start, stop in image.store.ranges if start for at in range(start, stop)}
        assert read <= own


@pytest.mark.parametrize("name", ["zstack", "movie"])
def test_every_so_many_planes_cost_no_more_than_these_planes(ingested, name):
    axis = "z" if name == "zstack" else "t"
    stepped, single = counted(ingested(name).path), counted(ingested(name).path)
    stepped.read(**{axis: slice(1, None, 3)})
    for at in range(1, single.shape[single.axes.index(axis)], 3):
        single.read(**{axis: at})
    assert stepped.store.nbytes <= single.store.nbytes


def test_what_is_read_again_costs_nothing(mosaic):
    image = run(aopen(Counted(open_store(mosaic))))
    part = {"y": slice(2048, 2560), "x": slice(2048, 2560)}
    first = image.read(**part)
    image.store.ranges[:] = []
    assert np.array_equal(image.read(**part), first)
    image.read(max_error=30, **part)
    image.read(level=2, y=slice(512, 640), x=slice(512, 640))
    assert image.store.ranges == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in LABELS and kind != "bool"])
def test_every_error_is_held_for_every_type_and_costs_less_the_larger_it_is(request, tmp_path, kind):
    path = store_of(kind, request.getfixturevalue("data") if "_" in kind else None, tmp_path)
    planes = {"t": 2} if kind == "float_golgi" else {}
    exact = ziggurat.open(path).read(**planes)
    finite = np.isfinite(exact)
    spread = float(np.ptp(exact[finite].astype(np.float64)))
    costs = []
    for share in (0, 1e-4, 1e-2, 0.1, 2):
        image = counted(path)
        found = image.read(max_error=share * spread, **planes)
        assert found.dtype == exact.dtype
        assert exact_difference(found[finite], exact[finite]) <= share * spread
        assert found[~finite].tobytes() == exact[~finite].tobytes()
        costs.append(image.store.nbytes)
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < (0.65 if kind == "float_golgi" else 0.6) * costs[0]


def exact_difference(found, exact):
    if exact.dtype.kind == "f":
        return float(np.abs(found.astype(np.float64) - exact.astype(np.float64)).max())
    # Unsigned and modulo their range: those of 64 bits are no floats.
    unsigned = f"u{exact.dtype.itemsize}"
    return int(np.where(found > exact, found - exact, exact - found).view(unsigned).max())

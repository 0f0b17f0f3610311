"""One program reads a path, an S3 bucket and an HTTP address, while every tenth answer is wrong."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import ziggurat
from support.faulty_proxy import FAULTS, faulty_proxy
from ziggurat.errors import ChangedError, CorruptError, StoreError
from ziggurat.loops import run
from ziggurat.store import open_store

PROGRAM = Path(__file__).with_name("read_places.py")


def read_places(*places):
    """Run the program; a hang is an error."""
    asked = json.dumps([{"location": str(location), "storage_options": options} for location, options in places])
    done = subprocess.run([sys.executable, PROGRAM], input=asked, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture(scope="module")
def places(ingested, web, s3):
    """A real image in a folder, in a bucket and behind a web server."""
    image = ingested("speckles")
    web.publish(image.path, "places.zarr")
    s3.publish(image.path, "places.zarr")
    return image


def test_one_program_reads_everywhere_with_every_tenth_answer_wrong(places, web, s3):
    with faulty_proxy(("127.0.0.1", web.port), seed=1) as http, faulty_proxy(("127.0.0.1", s3.port), seed=2) as bucket:
        digests = read_places(
            (places.path, None),
            ("s3://bucket/places.zarr", s3.options(bucket.port)),
            (f"{http.url}/places.zarr", None),
        )
    assert len(digests) == 3
    assert len(set(digests)) == 1
    for proxy in (http, bucket):
        assert len([1 for *_, fault in proxy.seen if fault]) >= 5
        assert {path.partition("?")[2] for _, path, _, _ in proxy.seen} == {""}  # nothing is listed
        assert {method for method, _, _, _ in proxy.seen} <= {"GET", "HEAD"}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", ["http", "s3"])
@pytest.mark.usefixtures("quick")
def test_every_request_fails_three_times_before_it_is_answered(places, web, s3, kind, fault):
    upstream = ("127.0.0.1", web.port if kind == "http" else s3.port)
    with faulty_proxy(upstream, rate=1, faults=(fault,)) as proxy:
        url, options = ("s3://bucket", s3.options(proxy.port)) if kind == "s3" else (proxy.url, None)
        image = ziggurat.open(f"{url}/places.zarr", options)
        assert np.array_equal(image.read(y=slice(300, 900), x=slice(500, 1200)), places.pixels[:, 300:900, 500:1200])
    assert {name for *_, name in proxy.seen} == ({fault} if fault == "slow" else {fault, ""})


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "slow"])
def test_a_store_that_never_recovers_is_an_error_that_names_the_object(places, web, monkeypatch, fault):
    monkeypatch.setattr("support.faulty_proxy.FAULTS_IN_A_ROW", 1 << 30)
    with faulty_proxy(("127.0.0.1", web.port), rate=0, faults=(fault,)) as proxy:
        image = ziggurat.open(f"{proxy.url}/places.zarr")
        proxy.rate = 1
        with pytest.raises(StoreError, match=r"places\.zarr/0/c/0/0/0: the store did not answer: .") as caught:
            image.read()
        assert not isinstance(caught.value, ChangedError)
        proxy.rate = 0
        assert np.array_equal(image.read(), places.pixels)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_bits_that_flip_on_the_way_are_found_and_fetched_anew(places, web, monkeypatch, times):
    """A first wrong answer is mended in silence; more of them are an error, and the next read is right again."""
    monkeypatch.setattr("support.faulty_proxy.FAULTS_IN_A_ROW", times)
    with faulty_proxy(("127.0.0.1", web.port), rate=0, faults=("flipped",)) as proxy:
        image = ziggurat.open(f"{proxy.url}/places.zarr")
        proxy.rate = 1
        seen = []
        while not seen or not isinstance(seen[-1], np.ndarray):
            try:
                seen.append(image.read())
            except CorruptError as error:
                seen.append(error)
            assert len(seen) < 20
        assert np.array_equal(seen[-1], places.pixels)
    assert times > 1 or len(seen) <= 2  # the index, then packets
    assert {name for *_, name in proxy.seen} == {"flipped", ""}


@pytest.mark.usefixtures("quick")
def test_refining_with_flipped_bits_is_an_error_and_the_next_read_is_right(places, web, monkeypatch):
    with faulty_proxy(("127.0.0.1", web.port), rate=0, faults=("flipped",)) as proxy:
        image = ziggurat.open(f"{proxy.url}/places.zarr")
        image.read(level=3)
        proxy.rate = 1
        monkeypatch.setattr("support.faulty_proxy.FAULTS_IN_A_ROW", 1)
        with pytest.raises(CorruptError, match="0/c/0/0/0 chunk"):
            list(image.refine())
        proxy.rate = 0
        assert np.array_equal(image.read(), places.pixels)


@pytest.mark.usefixtures("quick")
def test_a_thousand_ranges_with_every_tenth_answer_wrong(places, web):
    data = (places.path / "0/c/0/0/0").read_bytes()
    edges = np.sort(np.random.default_rng(11).integers(0, len(data), (1000, 2)), axis=1).tolist()

    async def read(store):
        return await asyncio.gather(
            *(store.get_range("0/c/0/0/0", start, min(stop, start + 20_000)) for start, stop in edges)
        )

    with faulty_proxy(("127.0.0.1", web.port), seed=9) as proxy:
        found = run(read(open_store(f"{proxy.url}/places.zarr")))
    assert all(
        bytes(part) == data[start : min(stop, start + 20_000)] for part, (start, stop) in zip(found, edges, strict=True)
    )
    faults = Counter(fault for *_, fault in proxy.seen)
    assert all(faults[fault] for fault in FAULTS)

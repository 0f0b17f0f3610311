"""A real S3 server: ingest straight into it, rivals, credentials."""

from __future__ import annotations

import threading

import numpy as np
import obstore
import pytest
from obstore.store import S3Store

import ziggurat
from support.faulty_proxy import faulty_proxy
from ziggurat.errors import ConflictError, NotFoundError, StoreError
from ziggurat.ingest import Source, ingest
from ziggurat.verify import verify

pytestmark = pytest.mark.usefixtures("quick")


def source(value, shape=(600, 700)):
    pixels = (np.random.default_rng(value).integers(0, 300, shape) + 1000 * value).astype(np.uint16)
    return Source("noise", ("y", "x"), shape, np.dtype("uint16"), lambda box: pixels[box]), pixels


@pytest.fixture
def place(s3, request):
    """A URL of which there is nothing yet, and the options to get there."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
    return f"s3://bucket/{name}.zarr", s3.options()


def test_ingest_verify_and_read(place):
    url, options = place
    image, pixels = source(1)
    ingest(image, url, storage_options=options)
    assert verify(url, storage_options=options) == []
    opened = ziggurat.open(url, options)
    assert np.array_equal(opened.read(), pixels)
    assert np.abs(opened.read(max_error=9).astype(int) - pixels).max() <= 9
    with pytest.raises(ConflictError, match="exists already"):
        ingest(image, url, storage_options=options)


def test_ingest_while_every_second_request_fails(place, s3):
    """A put whose answer is lost has been done: the next try finds it done, and equal."""
    url, _ = place
    image, pixels = source(2)
    with faulty_proxy(("127.0.0.1", s3.port), rate=0.5, seed=5) as proxy:
        ingest(image, url, storage_options=s3.options(proxy.port))
        assert verify(url, storage_options=s3.options(proxy.port)) == []
    assert {"PUT"} <= {method for method, *_, fault in proxy.seen if fault}
    assert np.array_equal(ziggurat.open(url, s3.options()).read(), pixels)


def test_rivals_at_once(place):
    """Exactly one of them publishes, and all of it is what it wrote."""
    url, options = place
    outcomes = {}
    gate = threading.Barrier(3)

    def write(value):
        gate.wait()
        try:
            ingest(source(value)[0], url, storage_options=options)
            outcomes[value] = "published"
        except ConflictError:
            outcomes[value] = "conflict"

    writers = [threading.Thread(target=write, args=(value,)) for value in (3, 4, 5)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(outcomes.values()) == ["conflict", "conflict", "published"]
    winner = next(value for value, outcome in outcomes.items() if outcome == "published")
    assert np.array_equal(ziggurat.open(url, options).read(), source(winner)[1])
    assert verify(url, storage_options=options) == []


def test_what_is_all_fill_is_occupied(place, s3):
    url, options = place
    blank = Source(
        "blank", ("y", "x"), (5000, 64), np.dtype("uint8"), lambda box: np.zeros([b.stop - b.start for b in box], "u1")
    )
    ingest(blank, url, storage_options=options)
    assert (ziggurat.open(url, options).read() == 0).all()
    assert verify(url, storage_options=options) == []
    store = S3Store("bucket", config=options, client_options={"allow_http": True})
    assert obstore.head(store, f"{url.removeprefix('s3://bucket/')}/0/c/1/0")["size"] == 0


def test_credentials_from_the_environment(place, s3, monkeypatch):
    url, options = place
    image, pixels = source(6)
    for name in ("access_key_id", "secret_access_key", "region"):
        monkeypatch.setenv(f"AWS_{name.upper()}", options[name])
    monkeypatch.setenv("AWS_ENDPOINT_URL", options["endpoint"])
    ingest(image, url)
    assert np.array_equal(ziggurat.open(url).read(), pixels)


def test_credentials_by_s3fs_names(place, s3):
    url, options = place
    with pytest.raises(NotFoundError, match=url):
        ziggurat.open(
            url,
            {
                "key": options["access_key_id"],
                "secret": options["secret_access_key"],
                "endpoint_url": options["endpoint"],
                "region": "us-east-1",
            },
        )


def test_wrong_credentials(place):
    url, options = place
    with pytest.raises(
        StoreError,
        match=rf"{url}/zarr.json: the store did not answer: access was refused \(403 .*where listing is not allowed",
    ):
        ziggurat.open(url, {**options, "secret_access_key": "another"})


def test_no_credentials_at_all(place):
    url, options = place
    with pytest.raises(StoreError, match="access was refused"):
        ziggurat.open(url, {"endpoint": options["endpoint"], "skip_signature": True})


def test_no_bucket(s3):
    with pytest.raises(NotFoundError, match="s3://no-such-bucket/a"):
        ziggurat.open("s3://no-such-bucket/a", s3.options())

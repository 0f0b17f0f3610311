"""Stored bytes over HTTP: whole, in ranges, on conditions."""

from __future__ import annotations

import pytest
from aiohttp import ClientPayloadError, ServerDisconnectedError

from server.test_ranges import CASES, REFUSED, WHOLE
from ziggurat.errors import StoreError
from ziggurat.server import stored
from ziggurat.store import Store

SHARD = "speckles.zarr/0/c/0/0/0"
URL = f"/stored/{SHARD}"


@pytest.fixture
def shard(stored_root):
    return (stored_root / SHARD).read_bytes()


async def test_an_object_is_sent_as_it_is_stored(client, shard):
    assert len(shard) > 2 * stored.PIECE_NBYTES
    answer = await client.get(URL)
    assert answer.status == 200
    assert await answer.read() == shard
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.content_type == "application/octet-stream"
    assert int(answer.headers["Content-Length"]) == len(shard)


async def test_metadata_is_json(client, stored_root):
    answer = await client.get("/stored/speckles.zarr/0/zarr.json")
    assert answer.content_type == "application/json"
    assert await answer.read() == (stored_root / "speckles.zarr/0/zarr.json").read_bytes()


@pytest.mark.parametrize(
    "number",
    [n for n, case in enumerate(CASES) if case[1] == 100 and "\n" not in (case[0] or "") and (case[0] or "").isascii()],
)
async def test_range_corpus(own_client, own_root, number):
    header, nbytes, expected = CASES[number]
    data = bytes(range(nbytes))
    (own_root / "ihc.zarr/object").write_bytes(data)
    answer = await own_client.get("/stored/ihc.zarr/object", headers={} if header is None else {"Range": header})
    if expected == REFUSED:
        assert (answer.status, (await answer.json())["kind"]) == (416, "range")
        assert answer.headers["Content-Range"] == f"bytes */{nbytes}"
    elif expected == WHOLE:
        assert (answer.status, await answer.read()) == (200, data)
        assert "Content-Range" not in answer.headers
    else:
        start, stop = expected
        assert (answer.status, await answer.read()) == (206, data[start:stop])
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{nbytes}"
        assert answer.headers["Content-Length"] == str(stop - start)


async def test_a_long_range_is_sent_in_pieces(client, shard):
    answer = await client.get(URL, headers={"Range": "bytes=7-"})
    assert (answer.status, await answer.read()) == (206, shard[7:])


async def test_two_range_headers_are_several_ranges(client, shard):
    answer = await client.get(URL, headers=[("Range", "bytes=0-1"), ("Range", "bytes=4-5")])
    assert (answer.status, await answer.read()) == (200, shard)


@pytest.mark.parametrize(("header", "status"), [({}, 200), ({"Range": "bytes=-0"}, 416), ({"Range": "bytes=-1"}, 200)])
async def test_an_object_without_bytes(own_client, own_root, header, status):
    (own_root / "ihc.zarr/0/c/0/0/1").write_bytes(b"")
    answer = await own_client.get("/stored/ihc.zarr/0/c/0/0/1", headers=header)
    assert answer.status == status
    assert status != 200 or await answer.read() == b""


@pytest.mark.parametrize("header", [{}, {"Range": "bytes=0-9"}, {"Range": "bytes=99999999999-"}])
async def test_head_tells_the_size_and_sends_nothing(client, shard, header):
    answer = await client.head(URL, headers=header)
    assert (answer.status, await answer.read()) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(shard))
    assert answer.headers["ETag"] == (await client.get(URL, headers={"Range": "bytes=0-0"})).headers["ETag"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "key", ["0/c/0/0/1", "0/c/0/0", "0", "7/zarr.json", ".zattrs", ".zgroup", "0/.zarray", "0/c/0/0/0/0"]
)
async def test_a_key_that_is_not_stored_is_not_found(client, method, key):
    answer = await client.request(method, f"/stored/speckles.zarr/{key}")
    assert answer.status == 404


async def test_a_store_that_cannot_tell_is_no_404(own_client, monkeypatch):
    async def fail(self, key):
        raise StoreError("the disk is away", where=key)

    await own_client.get(URL)
    monkeypatch.setattr(Store, "head", fail)
    answer = await own_client.get(URL)
    assert (answer.status, (await answer.json())["kind"]) == (503, "store")
    assert answer.headers["Retry-After"] == "1"


async def test_a_failure_in_the_middle_breaks_the_connection(own_client, monkeypatch):
    """A part is never passed off as the whole."""
    plain = Store.get_range

    async def cut(self, key, start, stop):
        data = await plain(self, key, start, stop)
        return data if start < stored.PIECE_NBYTES else data[:-1]

    monkeypatch.setattr(Store, "get_range", cut)
    with pytest.raises((ClientPayloadError, ServerDisconnectedError)):
        await (await own_client.get(URL)).read()


async def test_an_object_that_shrank_is_an_error_of_its_own(own_client, monkeypatch):
    plain = Store.get_range

    async def cut(self, key, start, stop):
        return (await plain(self, key, start, stop))[:-1]

    monkeypatch.setattr(Store, "get_range", cut)
    answer = await own_client.get(URL)
    assert (answer.status, (await answer.json())["kind"]) == (500, "corrupt")


async def test_conditions(client, shard):
    etag = (await client.head(URL)).headers["ETag"]
    part = {"Range": "bytes=3-5"}
    cases = [
        ({"If-None-Match": etag}, 304),
        ({"If-None-Match": f'"x", W/{etag}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"'}, 200),
        ({"If-None-Match": etag} | part, 304),
        ({"If-Match": etag}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": '"x"'}, 412),
        ({"If-Match": f"W/{etag}"}, 412),
        ({"If-Match": etag} | part, 206),
        ({"If-Range": etag} | part, 206),
        ({"If-Range": '"x"'} | part, 200),
        ({"If-Range": f"W/{etag}"} | part, 200),
        ({"If-Range": "Wed, 21 Oct 2099 07:28:00 GMT"} | part, 200),
        ({"If-Range": etag}, 200),
        ({"If-Range": '"x"', "Range": "bytes=99999999999-"}, 200),
    ]
    for headers, status in cases:
        answer = await client.get(URL, headers=headers)
        body = await answer.read()
        assert answer.status == status, headers
        if status == 304:
            assert (body, answer.headers["ETag"]) == (b"", etag)
        elif status == 206:
            assert body == shard[3:6]
        elif status == 200:
            assert body == shard


async def test_an_object_written_anew_has_another_etag(own_client, own_root):
    before = (await own_client.head(URL)).headers["ETag"]
    path = own_root / SHARD
    path.write_bytes(path.read_bytes() + b"x")
    answer = await own_client.get(URL, headers={"If-None-Match": before})
    assert answer.status == 200
    assert answer.headers["ETag"] != before


async def test_an_answer_is_immutable_under_its_version(client):
    version = (await (await client.get("/image/speckles.zarr")).json())["version"]
    for query, immutable in [(f"?v={version}", True), ("", False), ("?v=other", False)]:
        caching = (await client.get(URL + query, headers={"Range": "bytes=0-3"})).headers["Cache-Control"]
        assert ("immutable" in caching) is immutable
        assert ("no-cache" in caching) is not immutable


async def test_names_with_blanks(client, stored_root):
    answer = await client.get("/stored/plate%201/row%20A/dna.zarr/0/c/0/0/0/0")
    assert await answer.read() == (stored_root / "plate 1/row A/dna.zarr/0/c/0/0/0/0").read_bytes()

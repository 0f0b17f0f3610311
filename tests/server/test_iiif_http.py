"""IIIF's documents, headers, redirects and caching."""

from __future__ import annotations

import pytest

DNA = "plate%201%2Frow%20A%2Fdna.zarr"


async def test_info_of_version_3(client):
    answer = await client.get("/iiif/3/speckles.zarr/info.json")
    about = await answer.json(content_type=None)
    base = str(answer.url).removesuffix("/info.json")
    assert about["@context"] == "http://iiif.io/api/image/3/context.json"
    assert (about["id"], about["type"], about["protocol"]) == (base, "ImageService3", "http://iiif.io/api/image")
    assert (about["profile"], about["width"], about["height"]) == ("level2", 1200, 1000)
    assert about["tiles"] == [{"width": 512, "height": 512, "scaleFactors": [1, 2, 4, 8, 16, 32, 64]}]
    assert about["sizes"][-1] == {"width": 1200, "height": 1000}
    assert (about["extraFormats"], about["extraQualities"]) == (["webp"], ["bitonal"])
    assert about["maxArea"] > 0


async def test_info_of_version_2(client):
    answer = await client.get("/iiif/2/speckles.zarr/info.json")
    about = await answer.json()
    assert about["@context"] == "http://iiif.io/api/image/2/context.json"
    assert about["@id"] == str(answer.url).removesuffix("/info.json")
    assert about["profile"][0] == "http://iiif.io/api/image/2/level2.json"
    assert "sizeAboveFull" in about["profile"][1]["supports"]


@pytest.mark.parametrize("version", [2, 3])
async def test_every_size_and_tile_that_info_tells_is_there(client, version):
    about = await (await client.get(f"/iiif/{version}/ihc.zarr/info.json")).json(content_type=None)
    for size in about["sizes"]:
        assert (
            await client.get(f"/iiif/{version}/ihc.zarr/full/{size['width']},{size['height']}/0/default.jpg")
        ).status == 200
    tile = about["tiles"][0]["width"]
    for factor in about["tiles"][0]["scaleFactors"]:
        side = min(512, tile * factor)
        answer = await client.get(f"/iiif/{version}/ihc.zarr/0,0,{side},{side}/{-(-side // factor)},/0/default.jpg")
        assert answer.status == 200


@pytest.mark.parametrize(
    ("version", "accept", "kind"),
    [
        (3, None, 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'),
        (3, "*/*", 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'),
        (3, "application/ld+json", 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'),
        (3, "application/json", "application/json"),
        (3, "application/json, */*;q=0.1", "application/json"),
        (
            3,
            "application/ld+json;q=0.5, application/json;q=0.4",
            'application/ld+json;profile="http://iiif.io/api/image/3/context.json"',
        ),
        (3, "application/json;q=nan, text/html", "application/json"),
        (2, None, "application/json"),
        (2, "*/*", "application/json"),
        (2, "application/ld+json", "application/ld+json"),
        (2, "application/ld+json;q=0.1, application/json", "application/json"),
    ],
)
async def test_the_type_of_info_is_negotiated(client, version, accept, kind):
    headers = {} if accept is None else {"Accept": accept}
    answer = await client.get(f"/iiif/{version}/ihc.zarr/info.json", headers=headers, skip_auto_headers=["Accept"])
    if accept == "application/json;q=nan, text/html":  # neither is acceptable: any answer is as good
        kind = answer.headers["Content-Type"]
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Vary"] == "Accept"


@pytest.mark.parametrize("name", ["speckles.zarr", DNA, "plate%201/row%20A/dna.zarr"])
async def test_the_base_uri_leads_to_info(client, name):
    answer = await client.get(f"/iiif/3/{name}?z=1", allow_redirects=False)
    escaped = name.replace("/", "%2F")
    assert (answer.status, answer.headers["Location"]) == (303, f"{client.make_url('/')}iiif/3/{escaped}/info.json?z=1")
    info = await client.get(f"/iiif/3/{name}/info.json")
    assert (await info.json(content_type=None))["id"] == f"{client.make_url('/')}iiif/3/{escaped}"


@pytest.mark.parametrize(
    ("version", "asked", "canonical"),
    [
        (3, "full/max/0/default.jpg", "full/max/0/default.jpg"),
        (3, "0,0,1200,1000/1200,/360/default.jpg", "full/1200,1000/0/default.jpg"),
        (3, "pct:0,0,50,50/pct:50/!0.0/gray.png", "0,0,600,500/300,250/!0/gray.png"),
        (3, "square/!100,300/22.50/default.webp", "100,0,1000,1000/100,100/22.5/default.webp"),
        (3, "full/^2400,/0/default.jpg", "full/^2400,2000/0/default.jpg"),
        (3, "full/^600,/0/default.jpg", "full/600,500/0/default.jpg"),
        (2, "full/full/0/default.jpg", "full/full/0/default.jpg"),
        (2, "full/max/0/default.jpg", "full/full/0/default.jpg"),
        (2, "full/600,500/0/default.jpg", "full/600,/0/default.jpg"),
        (2, "full/600,400/0/default.jpg", "full/600,400/0/default.jpg"),
        (3, "full/600,/0/default.jpg?c=1:FF0000:1-9&v=0", "full/600,500/0/default.jpg?c=1:FF0000:1-9"),
    ],
)
async def test_links(client, version, asked, canonical):
    answer = await client.get(f"/iiif/{version}/speckles.zarr/{asked}")
    assert answer.status == 200
    links = answer.headers["Link"]
    assert f'<{client.make_url("/")}iiif/{version}/speckles.zarr/{canonical}>;rel="canonical"' in links
    assert f'<http://iiif.io/api/image/{version}/level2.json>;rel="profile"' in links
    again = await client.get("/iiif/" + f"{version}/speckles.zarr/{canonical}")
    assert await again.read() == await answer.read()


async def test_a_proxy_may_say_that_it_speaks_https(client):
    about = await client.get(
        "/iiif/3/ihc.zarr/info.json", headers={"X-Forwarded-Proto": "https", "Host": "images.example:8443"}
    )
    assert (await about.json(content_type=None))["id"] == "https://images.example:8443/iiif/3/ihc.zarr"
    odd = await client.get("/iiif/3/ihc.zarr/info.json", headers={"X-Forwarded-Proto": "javascript"})
    assert (await odd.json(content_type=None))["id"].startswith("http://")


@pytest.mark.parametrize("host", ['a"b', "a/b", "a b", "<a>", "a@b", "a:b", ""])
async def test_a_host_that_is_none_is_not_repeated(client, host):
    answer = await client.get("/iiif/3/ihc.zarr/info.json", headers={"Host": host})
    assert answer.status == 400


async def test_a_picture_has_an_etag_and_may_be_kept_for_ever_under_its_version(client):
    version = (await (await client.get("/image/ihc.zarr")).json())["version"]
    path = "/iiif/3/ihc.zarr/full/64,/0/default.png"
    plain, fixed, old = [await client.get(path + query) for query in ("", f"?v={version}", "?v=0")]
    assert plain.headers["Cache-Control"] == old.headers["Cache-Control"] == "public, no-cache"
    assert "immutable" in fixed.headers["Cache-Control"]
    assert plain.headers["ETag"] == fixed.headers["ETag"]
    again = await client.get(path, headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", plain.headers["ETag"])
    other = await client.get(path.replace("64,", "65,"), headers={"If-None-Match": plain.headers["ETag"]})
    assert other.status == 200


async def test_head_tells_of_the_whole_answer(client):
    got = await client.get("/iiif/3/ihc.zarr/full/64,/0/default.png")
    head = await client.head("/iiif/3/ihc.zarr/full/64,/0/default.png")
    assert (head.status, await head.read()) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Link"):
        assert head.headers[name] == got.headers[name]


async def test_anybody_may_read_it(client):
    for path in ("info.json", "full/9,/0/default.png", "full/0,/0/default.png"):
        answer = await client.get(f"/iiif/3/ihc.zarr/{path}", headers={"Origin": "https://example.org"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Link" in answer.headers["Access-Control-Expose-Headers"]

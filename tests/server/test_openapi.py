"""The OpenAPI document is valid, and says neither more nor less than the router."""

from __future__ import annotations

import re

import pytest
from openapi_spec_validator import validate

from ziggurat.server.app import create_app
from ziggurat.server.openapi import document

DOCUMENT = document()
VIEW = '{"type":"view","id":1,"image":"ihc.zarr","level":2,"region":{"y":[0,9],"x":[0,9]},"channels":[{"index":0}]}'


def test_it_is_valid():
    validate(DOCUMENT)


def test_its_paths_are_the_routes(stored_root):
    resources = create_app(stored_root).router.resources()
    assert sorted(resource.canonical for resource in resources) == sorted(DOCUMENT["paths"])


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_its_parameters_are_those_of_the_paths(path):
    operation = DOCUMENT["paths"][path]["get"]
    parameters = operation.get("parameters", [])
    assert sorted(p["name"] for p in parameters if p["in"] == "path") == sorted(re.findall(r"{(\w+)}", path))
    names = [(p["name"], p["in"]) for p in parameters]
    assert len(set(names)) == len(names)


async def test_it_is_served(client):
    answer = await client.get("/openapi.json")
    assert (answer.status, await answer.json()) == (200, DOCUMENT)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/healthz", "/healthz"),
        ("/readyz", "/readyz"),
        ("/metrics", "/metrics"),
        ("/images", "/images"),
        ("/image/ihc.zarr", "/image/{name}"),
        ("/image/nothing", "/image/{name}"),
        ("/thumbnail/ihc.zarr", "/thumbnail/{name}"),
        ("/thumbnail/ihc.zarr?size=0", "/thumbnail/{name}"),
        ("/stored/ihc.zarr/zarr.json", "/stored/{path}"),
        ("/iiif/3/ihc.zarr/info.json", "/iiif/{version}/{name}/info.json"),
        ("/iiif/3/ihc.zarr", "/iiif/{version}/{name}"),
        (
            "/iiif/3/ihc.zarr/full/9,/0/default.webp",
            "/iiif/{version}/{name}/{region}/{size}/{rotation}/{quality}.{format}",
        ),
        (
            "/iiif/3/ihc.zarr/full/0,/0/default.webp",
            "/iiif/{version}/{name}/{region}/{size}/{rotation}/{quality}.{format}",
        ),
        ("/deepzoom/ihc.zarr.dzi", "/deepzoom/{name}.dzi"),
        ("/deepzoom/ihc.zarr_files/3/0_0.jpg", "/deepzoom/{name}_files/{level}/{column}_{row}.{format}"),
        ("/xyz/ihc.zarr/tiles.json", "/xyz/{name}/tiles.json"),
        ("/xyz/ihc.zarr/0/0/0.png", "/xyz/{name}/{zoom}/{x}/{y}.{format}"),
        ("/xyz/ihc.zarr/0/1/0.png", "/xyz/{name}/{zoom}/{x}/{y}.{format}"),
        ("/zarr/0.5/ihc.zarr/zarr.json", "/zarr/{form}/{path}"),
        ("/zarr/0.4/ihc.zarr/0/0/0/0", "/zarr/{form}/{path}"),
        ("/zarr/0.9/ihc.zarr/zarr.json", "/zarr/{form}/{path}"),
        ("/stream", "/stream"),
        ("/stream?view=x", "/stream"),
        (f"/stream?view={VIEW}", "/stream"),
        (f"/stream?view={VIEW.replace('ihc', 'nothing')}", "/stream"),
    ],
)
async def test_answers_are_those_it_tells(client, target, path):
    answer = await client.get(target, allow_redirects=False)
    told = DOCUMENT["paths"][path]["get"]["responses"]
    assert str(answer.status) in told
    content = told[str(answer.status)].get("content", {})
    assert answer.content_type in content or not content


async def test_an_answer_to_post_is_one_it_tells(client):
    told = DOCUMENT["paths"]["/stream"]["post"]
    for body, status in [(f'{{"view":{VIEW}}}', 200), ("{}", 400), (f'{{"view":{VIEW.replace("ihc", "none")}}}', 404)]:
        answer = await client.post("/stream", data=body)
        assert answer.status == status
        assert answer.content_type in told["responses"][str(status)]["content"]
    assert set(told["requestBody"]["content"]["application/json"]["schema"]["properties"]) == {"view", "held"}

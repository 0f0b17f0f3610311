"""Counts, the access log, health."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys

import pytest
from aiohttp import ClientError, ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from ziggurat.errors import StoreError
from ziggurat.server import metrics
from ziggurat.server.app import create_app
from ziggurat.server.root import LocalRoot

IIIF = "/iiif/{version}/{name}/{region}/{size}/{rotation}/{quality}.{format}"


async def values(client):
    """{(name, labels): value} of all samples."""
    answer = await client.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(await answer.text())
        for sample in family.samples
    }


async def test_requests_are_counted_by_route(client):
    body = await (await client.get("/iiif/3/ihc.zarr/full/64,/0/default.png")).read()
    await client.get("/iiif/3/ihc.zarr/full/64,/0/default.png")
    await client.get("/iiif/3/ihc.zarr/full/0,/0/default.png")
    await client.head("/image/ihc.zarr")
    found = await values(client)
    assert found["ziggurat_requests_total", IIIF, "200", "GET"] == 2
    assert found["ziggurat_requests_total", IIIF, "400", "GET"] == 1
    assert found["ziggurat_requests_total", "/image/{name}", "200", "HEAD"] == 1
    assert 0 < found["ziggurat_sent_bytes_total", "/image/{name}"] < 2000
    assert found["ziggurat_sent_bytes_total", IIIF] > 2 * len(body)
    assert found["ziggurat_request_seconds_count", IIIF] == 3
    assert found["ziggurat_request_seconds_bucket", "+Inf", IIIF] == 3
    assert (found["ziggurat_work_total", "made"], found["ziggurat_work_total", "hits"]) == (1, 1)
    assert found[("ziggurat_decoded_pixels_total",)] >= 3 * 64 * 64
    assert found[("ziggurat_cache_bytes",)] >= len(body)
    assert found[("ziggurat_requests_under_way",)] == 1  # the one that asks
    assert (found[("ziggurat_work_waiting",)], found[("ziggurat_work_under_way",)]) == (0, 0)


async def test_names_of_images_are_no_labels(client):
    for number in range(50):
        await client.get(f"/iiif/3/nothing-{number}/info.json")
    for method in ("PURGE", "PROPFIND", "POST"):
        await client.request(method, "/images")
    found = await values(client)
    assert found["ziggurat_requests_total", "/iiif/{version}/{name}/info.json", "404", "GET"] == 50
    assert found["ziggurat_requests_total", "405", "any", "none"] == 3
    assert not any("nothing" in label or label == "PURGE" for key in found for label in key)


async def test_open_streams(client):
    async with client.ws_connect("/stream"):
        assert (await values(client))[("ziggurat_streams_open",)] == 1


async def test_who_leaves_is_counted(stored_root, monkeypatch, caplog):
    entered, left = asyncio.Event(), asyncio.Event()

    async def wait(*_):
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    monkeypatch.setattr("ziggurat.server.images.Images.get", wait)
    async with TestClient(TestServer(create_app(stored_root), handler_cancellation=True)) as client:
        with caplog.at_level(logging.INFO, "ziggurat.access"):
            asked = asyncio.create_task(client.get("/image/ihc.zarr"))
            await entered.wait()
            asked.cancel()
            await left.wait()
            await asyncio.sleep(0)
        found = await values(client)
    assert found["ziggurat_requests_cancelled_total", "/image/{name}"] == 1
    assert found["ziggurat_requests_total", "/image/{name}", "499", "GET"] == 1
    assert json.loads(caplog.messages[0])["status"] == 499


async def test_who_leaves_before_a_handshake_is_no_failure_of_the_server(stored_root, monkeypatch, caplog):
    check = web.WebSocketResponse.can_prepare

    def leave(ws, request):
        request.transport.abort()
        return check(ws, request)

    monkeypatch.setattr(web.WebSocketResponse, "can_prepare", leave)
    async with TestClient(TestServer(create_app(stored_root), handler_cancellation=True)) as client:
        with pytest.raises(ClientError):
            await client.ws_connect("/stream")
        found = await values(client)
    assert found["ziggurat_requests_total", "/stream", "499", "GET"] == 1
    assert found["ziggurat_requests_cancelled_total", "/stream"] == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_who_leaves_before_the_first_byte_is_no_failure_of_the_server(stored_root, caplog):
    async def leave(request, _):
        if request.path == "/healthz":
            request.transport.abort()

    app = create_app(stored_root)
    app.on_response_prepare.append(leave)
    async with TestClient(TestServer(app, handler_cancellation=True)) as client:
        with pytest.raises(ClientError):
            await client.get("/healthz")
        found = await values(client)
    assert found["ziggurat_requests_cancelled_total", "/healthz"] == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_openmetrics_for_those_who_ask(client):
    answer = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.content_type == "application/openmetrics-text"
    assert (await answer.text()).endswith("# EOF\n")


async def test_each_request_is_a_line_of_json(client, caplog):
    with caplog.at_level(logging.INFO, "ziggurat.access"):
        one = await client.get(
            "/iiif/3/ihc.zarr/full/64,/0/default.png?z=0", headers={"X-Request-Id": "mine", "User-Agent": 'a"b'}
        )
        body = await one.read()
        two = await client.get("/no%22thing%0A?a=%0D")
    first, second = (json.loads(line) for line in caplog.messages)
    assert first["id"] == one.headers["X-Request-Id"] == "mine"
    assert (first["status"], first["route"], first["agent"]) == (200, IIIF, 'a"b')
    assert len(body) < first["nbytes"] < len(body) + 2000
    assert (first["method"], first["path"], first["query"]) == ("GET", "/iiif/3/ihc.zarr/full/64,/0/default.png", "z=0")
    assert second["id"] == two.headers["X-Request-Id"]
    assert (second["status"], second["path"]) == (404, "/no%22thing%0A")
    assert first["ms"] > 0
    assert all("\n" not in line for line in caplog.messages)


async def test_a_long_path_is_cut_in_the_log(client, caplog):
    with caplog.at_level(logging.INFO, "ziggurat.access"):
        await client.get("/" + "x" * 7000)
    assert len(caplog.messages[0]) < 3000


def test_the_log_is_written_as_it_is(capsys):
    handler = logging.StreamHandler()
    before = metrics.access.level
    try:
        metrics.log_to(handler)
        metrics.access.info('{"a":1}')
        assert capsys.readouterr().err == '{"a":1}\n'
    finally:
        metrics.access.removeHandler(handler)
        metrics.access.setLevel(before)
        metrics.access.propagate = True


async def test_the_command_writes_the_log(stored_root):
    code = "import sys; from ziggurat.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "serve", str(stored_root), "--port", "0", "--access-log"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
    async with ClientSession() as session, session.get(line.split()[-1] + "healthz") as answer:
        request_id = answer.headers["X-Request-Id"]
    process.terminate()
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert json.loads(errors)["id"] == request_id


async def test_who_reads_nothing_is_cut_off(stored_root, monkeypatch):
    monkeypatch.setattr(metrics, "SEND_SECONDS", 0.05)
    body = b"x" * 50_000_000  # more than sockets hold
    noted = asyncio.Event()
    note = metrics.Metrics._note

    async def large(*_):
        return web.Response(body=body)

    def noting(*arguments):
        note(*arguments)
        noted.set()

    monkeypatch.setattr("ziggurat.server.static.StaticViewer.answer", large)
    monkeypatch.setattr(metrics.Metrics, "_note", noting)
    async with TestServer(create_app(stored_root)) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port, limit=1024)
        writer.write(b"GET /anything HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(noted.wait(), 30)
        received = 0
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 20):
                received += len(data)
        assert received < len(body)
        writer.close()


async def test_ready_while_the_root_is_there(own_root, tmp_path):
    async with TestClient(TestServer(create_app(own_root))) as client:
        answer = await client.get("/readyz")
        assert (answer.status, await answer.json()) == (200, {"status": "ready"})
        own_root.rename(tmp_path / "away")
        answer = await client.get("/readyz")
        assert (answer.status, (await answer.json())["kind"]) == (503, "store")
        assert str(own_root) not in await answer.text()
        assert (await client.get("/healthz")).status == 200
        (tmp_path / "away").rename(own_root)
        assert (await client.get("/readyz")).status == 200


async def test_not_ready_while_the_store_does_not_answer(stored_root):
    class Gone(LocalRoot):
        async def store(self, parts):
            raise StoreError("no route to host", where="s3://secret-bucket")

    async with TestClient(TestServer(create_app(Gone(stored_root)))) as client:
        answer = await client.get("/readyz")
        assert (answer.status, (await answer.json())["kind"]) == (503, "store")
        assert "secret" not in await answer.text()


async def test_not_ready_while_the_server_leaves(stored_root):
    app = create_app(stored_root)
    async with TestClient(TestServer(app)) as client:
        await app.shutdown()
        answer = await client.get("/readyz")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")

"""What locations mean, and the options that go with them."""

from __future__ import annotations

import pickle

import numpy as np
import obstore
import pytest
from obstore.store import AzureStore, GCSStore, HTTPStore, LocalStore, MemoryStore, S3Store

import ziggurat
from support.stores import objects
from ziggurat.address import find_objects
from ziggurat.errors import NotFoundError, RequestError
from ziggurat.objects import Folder
from ziggurat.store import open_store

KEYS = {"access_key_id": "key", "secret_access_key": "secret"}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "kind", "prefix", "options"),
    [
        ("s3://bucket/a/b.zarr", S3Store, "a/b.zarr", KEYS),
        ("s3://bucket", S3Store, None, KEYS),
        ("gs://bucket/a", GCSStore, "a", {"skip_signature": True}),
        ("az://container/a", AzureStore, "a", {"account_name": "account"}),
        ("abfss://container@account.dfs.core.windows.net/a", AzureStore, "a", {}),
        ("https://account.blob.core.windows.net/container/a", AzureStore, "a", {"skip_signature": True}),
        ("https://bucket.s3.eu-central-1.amazonaws.com/a", S3Store, "a", {"skip_signature": True}),
    ],
)
def test_urls_of_stores(url, kind, prefix, options):
    objects, shown = find_objects(url, options)
    assert isinstance(objects, kind)
    assert objects.prefix == prefix
    assert shown == url


def test_a_public_bucket_over_https_needs_no_options():
    objects, _ = find_objects("https://bucket.s3.amazonaws.com/a")
    assert isinstance(objects, HTTPStore)


def test_options_by_s3fs_names():
    objects, _ = find_objects("s3://bucket", {"key": "k", "secret": "s", "token": "t", "endpoint_url": "http://here"})
    assert objects.config == {
        "bucket": "bucket",
        "access_key_id": "k",
        "secret_access_key": "s",
        "session_token": "t",
        "endpoint": "http://here",
    }
    assert objects.client_options["allow_http"] == "true"
    objects, _ = find_objects("s3://bucket", {"anon": True})
    assert objects.config["skip_signature"] == "true"


@pytest.mark.parametrize(("endpoint", "plain"), [("http://here:9000", True), ("https://here", False), ("", False)])
def test_plain_http_only_where_the_endpoint_says_so(monkeypatch, endpoint, plain):
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    objects, _ = find_objects("s3://bucket", KEYS)
    assert (objects.client_options["allow_http"] == "true") is plain


def test_options_of_the_client():
    objects, _ = find_objects("http://host/a", {"user_agent": "me", "client_options": {"http1_only": True}})
    assert objects.client_options["user_agent"] == "me"
    assert objects.client_options["http1_only"] == "true"


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("s3://bucket", {"nonsense": 1}),
        ("http://host/a", {"access_key_id": "k"}),
        ("az://container/a", {}),
        ("s3://", {}),
        ("nope://a", {}),
    ],
)
def test_what_no_store_can_be_made_of_is_the_callers_mistake(url, options):
    with pytest.raises(RequestError, match="cannot be opened as a store"):
        find_objects(url, options)


def test_a_folder_has_no_options(tmp_path):
    assert find_objects(tmp_path)[0] == Folder(tmp_path)
    with pytest.raises(RequestError, match="no storage options"):
        find_objects(tmp_path, {"region": "x"})
    with pytest.raises(NotFoundError):
        find_objects(tmp_path / "nothing")


def test_secrets_are_not_in_the_name():
    _, shown = find_objects("http://me:secret@host:80/a/?sig=secret")
    assert shown == "http://host:80/a"


@pytest.mark.parametrize("location", ["s3://bucket/a", "http://host/a"])
def test_a_store_can_be_sent_to_another_process(location):
    options = KEYS if location.startswith("s3") else None
    store = pickle.loads(pickle.dumps(open_store(location, options).below("b")))
    assert (store.url, store.prefix) == (f"{location}/b", "b/")
    assert store.objects == open_store(location, options).objects


def test_a_store_that_is_open_already(ingested):
    image = ingested("camera")
    memory = MemoryStore()
    for key, data in objects(image.path).items():
        obstore.put(memory, key, data)
    assert np.array_equal(ziggurat.open(memory).read(), image.pixels)
    assert np.array_equal(ziggurat.open(LocalStore(image.path)).read(), image.pixels)
    with pytest.raises(RequestError, match="options already"):
        ziggurat.open(memory, {"region": "x"})
    with pytest.raises(NotFoundError, match="MemoryStore"):
        ziggurat.open(MemoryStore())

"""The one tree of errors."""

from __future__ import annotations

import pickle

import pytest

from ziggurat import errors


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "ZigguratError"])
def test_every_error_is_in_the_tree_and_in_its_picture(name):
    kind = getattr(errors, name)
    assert issubclass(kind, errors.ZigguratError)
    line = next(line for line in errors.__doc__.splitlines() if line.strip().startswith(name))
    assert int(line.split()[1]) == kind.status


def test_what_cannot_be_told_is_never_404():
    assert {kind.status for kind in (errors.StoreError, errors.CorruptError, errors.FormatError)} <= {500, 503}


def test_the_narrowest_place_comes_last():
    error = errors.CorruptError("a packet is damaged").at("chunk 3").at("0/c/0/0").at("image.zarr")
    assert str(error) == "image.zarr 0/c/0/0 chunk 3: a packet is damaged"
    assert error.kind == "corrupt"


def test_errors_survive_the_way_between_processes():
    error = pickle.loads(pickle.dumps(errors.StoreError("no answer", where="s3://a")))
    assert (type(error), str(error), error.where) == (errors.StoreError, "s3://a: no answer", "s3://a")

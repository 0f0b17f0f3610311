"""The list of checksums."""

from __future__ import annotations

import hashlib
import subprocess
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ziggurat.errors import CorruptError
from ziggurat.sums import format_sums, parse_sums

DIGEST = hashlib.sha256(b"").hexdigest()
GOOD = format_sums({"zarr.json": DIGEST, "0/zarr.json": DIGEST, "0/c/0/1": DIGEST})

keys = st.just("zarr.json") | st.builds(
    lambda array, places: f"{array}/" + (f"c/{'/'.join(map(str, places))}" if places else "zarr.json"),
    st.integers(0, 9),
    st.lists(st.integers(0, 99), max_size=5),
)
sums = st.dictionaries(keys, st.binary(min_size=32, max_size=32).map(bytes.hex))


@given(sums)
def test_a_list_is_read_as_it_was_written(listed):
    assert parse_sums(format_sums(listed)) == listed


@pytest.mark.parametrize(
    "text",
    [
        GOOD[:-1],
        GOOD + b"\n",
        b"\n" + GOOD,
        GOOD.upper(),
        GOOD.replace(b"  ", b" "),
        GOOD.replace(b"zarr.json", b"../etc/passwd"),
        GOOD.replace(b"0/c/0/1", b"/etc/passwd"),
        GOOD + GOOD,
        b"".join(reversed(GOOD.splitlines(keepends=True))),
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"0/c/0/1", b"0/c/0/\xd9\xa1"),
        b"\xff" + GOOD,
    ],
    ids=range(12),
)
def test_anything_else_is_refused(text):
    with pytest.raises(CorruptError, match="SHA256SUMS"):
        parse_sums(text)


@given(st.integers(0, len(GOOD) * 8 - 1))
def test_a_flipped_bit_changes_the_list_or_is_refused(bit):
    damaged = bytearray(GOOD)
    damaged[bit // 8] ^= 1 << bit % 8
    with suppress(CorruptError):
        assert parse_sums(bytes(damaged)) != parse_sums(GOOD)


def test_sha256sum_checks_a_store_by_it(ingested):
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=ingested("camera").path, check=False
    )
    assert done.returncode == 0

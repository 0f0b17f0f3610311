"""The public names are pinned, the stub tells the truth, and the example in the documentation runs."""

from __future__ import annotations

import ast
import doctest
from pathlib import Path

import numpy as np
import pytest

import ziggurat
from ziggurat import _core, codec
from ziggurat.errors import FormatError

STUB = Path(ziggurat.__file__).with_name("_core.pyi")


def test_public_names() -> None:
    assert sorted(codec.__all__) == ["Packet", "decode", "encode", "guaranteed_error", "packets"]
    assert codec.Packet._fields == ("chunk", "resolution", "step", "offset", "nbytes", "max_error")


def test_the_stub_names_all_that_the_core_has() -> None:
    told = ast.parse(STUB.read_text()).body
    stub = {node.name for node in told if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    constants = {
        node.target.id for node in told if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert stub | constants == {name for name in dir(_core) if not name.startswith("_")}


def test_the_stub_names_all_that_its_classes_have() -> None:
    for node in ast.parse(STUB.read_text()).body:
        if isinstance(node, ast.ClassDef):
            stub = {member.name for member in node.body if isinstance(member, ast.FunctionDef)}
            assert {name for name in stub if not name.startswith("_")} == {
                name for name in dir(getattr(_core, node.name)) if not name.startswith("_")
            }


def test_the_example_runs() -> None:
    result = doctest.testmod(codec)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"progression": "steps"}, "no progression 'steps'; there are precision, resolution"),
        ({"chunk": (96, 130)}, r"\(96, 130\) in a larger shard must be multiples of 8"),
        ({"chunk": (0, 8)}, "at least 1 pixel a side"),
        ({"chunk": (5000, 8)}, "at most 4096 a side"),
        ({"decompositions": 11}, "decompositions, which are 0 to 10"),
        ({"decompositions": 2, "resolutions": 4}, "4 resolutions cannot be had from 2 decompositions"),
        ({"resolutions": 0}, "0 resolutions cannot be had"),
    ],
)
def test_what_the_format_does_not_allow_is_named(asked: dict[str, object], words: str) -> None:
    with pytest.raises(FormatError, match=words):
        codec.encode(np.zeros((200, 200), np.uint8), **asked)


def test_a_chunk_of_any_size_is_one_object() -> None:
    pixels = np.arange(96 * 130, dtype=np.uint16).reshape(96, 130)
    assert np.array_equal(codec.decode(codec.encode(pixels, chunk=(96, 130))), pixels)

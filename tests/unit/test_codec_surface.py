"""The public names are pinned, the stub tells the truth, and the example in the documentation runs."""

from __future__ import annotations

import ast
import doctest
from pathlib import Path

import ziggurat
from ziggurat import _core, codec

STUB = Path(ziggurat.__file__).with_name("_core.pyi")


def test_public_names() -> None:
    assert sorted(codec.__all__) == ["Packet", "decode", "encode", "guaranteed_error", "packets"]
    assert codec.Packet._fields == ("chunk", "resolution", "step", "offset", "nbytes", "max_error")


def test_the_stub_names_all_that_the_core_has() -> None:
    stub = {node.name for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    assert stub | {"HEADER_NBYTES"} == {name for name in dir(_core) if not name.startswith("_")}


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

"""An array of one chunk is encoded by one call, to the same bytes as where each part of the way is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from conformance.real_images import IMAGES, load
from ziggurat import codec
from ziggurat._core import encode_usual, is_hopeless
from ziggurat.errors import ZigguratError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def encode_both(array: NDArray[Any], monkeypatch: pytest.MonkeyPatch, **options: Any) -> tuple[bytes, bool]:
    """The bytes, which have to be the same either way, and whether the one call made them."""
    made: list[bytes | None] = []

    def watched(*given: Any) -> bytes | None:
        made.append(encode_usual(*given))
        return made[-1]

    with monkeypatch.context() as patch:
        patch.setattr(codec, "encode_usual", watched)
        at_once = codec.encode(array, **options)
        patch.setattr(codec, "encode_usual", lambda *_: None)
        assert codec.encode(array, **options) == at_once
    return at_once, bool(made) and made[-1] is not None


@pytest.mark.parametrize("name", IMAGES)
def test_of_every_image(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = load(name)
    for part in (
        pixels[:, :512, :512],
        pixels[:, -100:, -77:],
        pixels[:, 3:140, 5:138],
        pixels[:, ::-1, ::2][:, :300, :200],
    ):
        data, _ = encode_both(part, monkeypatch)
        assert np.array_equal(codec.decode(data).reshape(part.shape), part)


def test_most_real_pictures_are_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = [encode_both(load(name)[:, :256, :256], monkeypatch)[1] for name in IMAGES]
    assert sum(usual) > len(usual) / 2


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"])
@pytest.mark.parametrize("layout", ["C", "F"])
def test_of_every_dtype(dtype: str, layout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = np.dtype(dtype)
    em = load("em")[0, :150, :140].astype(np.int64)
    values = (
        kind.type(np.iinfo(kind).max - 200)
        + (em // 2).astype(kind)
        - kind.type(np.iinfo(kind).max // 2 if kind.kind == "i" else 0)
    )
    data, is_usual = encode_both(np.array(values, order=layout), monkeypatch)
    assert np.array_equal(codec.decode(data), values)
    assert not is_usual  # of fewer than 160 values
    wide = (em * 3 + np.arange(140) % 3).astype(kind)
    data, is_usual = encode_both(np.array(wide, order=layout), monkeypatch)
    assert np.array_equal(codec.decode(data), wide)
    assert is_usual


def test_colours_and_options(monkeypatch: pytest.MonkeyPatch) -> None:
    slide = np.moveaxis(load("slide")[:, :200, :210], 0, -1)
    assert encode_both(slide, monkeypatch, component_axis=-1)[1]
    assert encode_both(np.repeat(slide, 2, axis=2)[..., :4], monkeypatch, component_axis=-1)[1]
    assert encode_both(slide, monkeypatch, component_axis=-1, coding="mean", resolutions=2, decompositions=3, fill=7)[1]
    assert encode_both(slide[..., 0], monkeypatch, chunk=(1024, 600))[1]


def test_what_is_not_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    em = load("em")[0, :300, :280]
    unusual: list[tuple[NDArray[Any], dict[str, Any]]] = [
        (em.astype(np.float32), {}),
        (em > 100, {}),
        (em, {"coding": "label"}),
        (em, {"first_step": 7}),
        (em, {"chunk": (256, 256)}),
        (np.full((9, 9), 3, np.uint8), {}),
        (em // 16, {}),
        ((em / 255.0) ** 2.2 * 65_535 // 1, {}),
        (np.round(em * 203.7).astype(np.uint16), {}),
        (np.tile(em, (2, 2)), {"chunk": (1024, 1024)}),
    ]
    for array, options in unusual:
        assert not encode_both(array, monkeypatch, **options)[1], (array.dtype, options)


def test_what_is_wrong_is_told_as_it_is_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    em = load("em")[0, :40, :40]
    wrong: list[tuple[NDArray[Any], dict[str, Any]]] = [
        (em, {"fill": 300}),
        (em, {"coding": "rct"}),
        (np.stack([em] * 5), {}),
        (em.astype(np.int64) * (1 << 30) + np.arange(40), {}),
    ]
    for array, options in wrong:
        with pytest.raises(ZigguratError) as at_once:
            codec.encode(array, **options)
        with monkeypatch.context() as patch:
            patch.setattr(codec, "encode_usual", lambda *_: None)
            with pytest.raises(ZigguratError) as by_parts:
                codec.encode(array, **options)
        assert type(at_once.value) is type(by_parts.value)
        assert str(at_once.value) == str(by_parts.value)


def test_values_that_cannot_be_counted_are_put_in_order() -> None:
    """Whether a table is hopeless does not depend on how far apart values are, nor on their sign."""
    em = load("em")[:, :128, :128].astype(np.int64)
    side_by_side, apart = em, em * 1000 + 7
    for shift in (0, -(10**6)):
        for dtype in (np.int64, np.int32):
            assert is_hopeless((side_by_side + shift).astype(dtype), 1, 255, 0.1, 4.0)
            assert not is_hopeless((apart + shift).astype(dtype), 1, 255_000, 0.1, 4.0)
            assert is_hopeless((apart + shift).astype(dtype), 1000, 255, 0.1, 4.0)
    assert not is_hopeless(em[:, :20, :20], 1, 255, 0.1, 4.0)  # too few to tell

"""What comes first in an object: of all of it what shows most, or one level of a chunk after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from conformance.real_images import IMAGES, load
from ziggurat import codec
from ziggurat._core import BY_STEPS, Header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def rms(found: NDArray[Any], exact: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean((found.astype(float) - exact) ** 2)))


def rule(header: Header) -> Iterator[tuple[int, int, int]]:
    """codecs/SPEC.md, section 4: (chunk, resolution, step)."""
    coarsest = header.resolutions - 1
    for step in range(header.first_step, -1, -1):
        is_late = coarsest > 0 and header.decompositions <= coarsest and step <= header.first_step - 3
        for resolution in (*range(coarsest - 1, -1, -1), coarsest) if is_late else range(coarsest, -1, -1):
            yield from ((chunk, resolution, step) for chunk in range(header.chunks))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"chunk": (64, 64)},
        {"decompositions": 3},
        {"chunk": (64, 96), "decompositions": 2, "resolutions": 3},
        {"decompositions": 0, "resolutions": 1},
        {"coding": "label"},
        {"first_step": 2},
    ],
    ids=str,
)
def test_packets_lie_step_by_step(parameters: dict[str, Any]) -> None:
    image = load("nuclear_protein")[0, 500:700, 500:720]
    data = codec.encode(image, **parameters)
    header, packets = Header.parse(data), codec.packets(data)
    assert header.coarse_step == BY_STEPS
    known = {packet[:3] for packet in packets}
    assert [packet[:3] for packet in packets] == [place for place in rule(header) if place in known]
    np.testing.assert_array_equal(codec.decode(data), image)


@pytest.mark.parametrize("name", IMAGES)
def test_both_hold_the_same(name: str) -> None:
    image = load(name)[:, :200, :300]
    one, other = (codec.encode(image, chunk=(128, 128), progression=each) for each in ("precision", "resolution"))
    header = Header.parse(one)
    assert 0 <= len(one) - len(other) <= 5 + 3 * (header.first_step + 1), (
        "of each step a check, and how many bytes there are"
    )
    assert {packet._replace(offset=0) for packet in codec.packets(one)} == {
        packet._replace(offset=0) for packet in codec.packets(other)
    }
    for level in range(4):
        np.testing.assert_array_equal(codec.decode(one, level=level), codec.decode(other, level=level))


@pytest.mark.parametrize(("chunk", "most", "mean"), [((512, 512), 1.02, 1), ((128, 128), 0.95, 0.8)], ids=str)
@pytest.mark.parametrize("name", IMAGES)
def test_a_beginning_shows_more_than_that_of_the_other(
    name: str, chunk: tuple[int, int], most: float, mean: float
) -> None:
    """Of several chunks by far; ``most`` and ``mean`` of the errors, as parts of the other's."""
    image = load(name)[:, :500, :500]
    exact = codec.decode(codec.encode(image, chunk=chunk))
    by = {each: codec.encode(image, chunk=chunk, progression=each) for each in ("precision", "resolution")}
    front = Header.parse(by["precision"]).front_nbytes
    cuts = [front + (len(by["precision"]) - front) // part for part in (16, 8, 4)]
    errors = np.array([[rms(codec.decode(data[:nbytes]), exact) for nbytes in cuts] for data in by.values()])
    parts = errors[0] / errors[1]
    assert parts.max() <= most
    assert parts.mean() <= mean

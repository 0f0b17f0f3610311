"""Fixtures of all tests: the real images, and a store made of each when it is first asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from support.images import IMAGES, RealImage

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

# Timing belongs in benchmarks: a busy machine must not fail a test.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real images beside the repository; where the tests must not be skipped it has to be there."""
    if not DATA.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real images are not at {DATA}")
        pytest.skip(f"the real images are not at {DATA}")
    return DATA


@dataclass(frozen=True)
class Ingested:
    """A real image and the store made of it. Tests share it: who changes it makes a copy."""

    name: str
    path: Path
    pixels: NDArray[Any]
    real: RealImage


@pytest.fixture(scope="session")
def ingested(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ingested]:
    """Ingest the image of a name, once a session."""
    made: dict[str, Ingested] = {}

    def get(name: str) -> Ingested:
        if name not in made:
            from ziggurat.ingest import ingest

            real = IMAGES[name]
            scratch = tmp_path_factory.mktemp(name)
            shipped = name in ("astronaut", "camera")
            source, pixels = real.prepare(scratch if shipped else request.getfixturevalue("data"), scratch)
            pixels = np.ascontiguousarray(pixels)
            pixels.flags.writeable = False
            ingest(source, scratch / f"{name}.zarr")
            made[name] = Ingested(name, scratch / f"{name}.zarr", pixels, real)
        return made[name]

    return get


@pytest.fixture(scope="session", params=sorted(IMAGES))
def image(request: pytest.FixtureRequest, ingested: Callable[[str], Ingested]) -> Ingested:
    """Each of the real images in turn."""
    return ingested(request.param)

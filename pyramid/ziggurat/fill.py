"""Fill values in Zarr metadata, which has its own spelling for floats that JSON lacks.

https://zarr-specs.readthedocs.io/en/latest/v3/data-types/#fill-values
"""

from __future__ import annotations

import math
import re

import numpy as np

__all__ = ["fill_document", "parse_fill"]

NAMES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def parse_fill(value: object, dtype: str) -> float:
    """Return a fill value of the document of an array.

    Raises
    ------
    ValueError
        If it is none of the dtype.
    """
    kind = np.dtype(dtype).kind
    if kind == "b" and type(value) is bool:
        return int(value)
    if kind in "iu" and type(value) is int and np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
        return value
    if kind == "f" and type(value) in (int, float):
        return float(np.dtype(dtype).type(value))
    if kind == "f" and isinstance(value, str):
        digits = 2 * np.dtype(dtype).itemsize
        if re.fullmatch(f"0x[0-9a-fA-F]{{{digits}}}", value):
            return float(np.frombuffer(bytes.fromhex(value[2:]), np.dtype(dtype).newbyteorder(">"))[0])
        if value in NAMES:
            return NAMES[value]
    raise ValueError(f"{value!r} is no fill value of {dtype}")


def fill_document(value: float, dtype: str) -> bool | float | str:
    """Return what stands for a fill value in JSON."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return bool(value)
    if kind != "f":
        return int(value)
    return next((name for name, named in NAMES.items() if repr(named) == repr(float(value))), float(value))

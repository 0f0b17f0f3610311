"""Prints the colours of src/view/tables.ts: matplotlib's maps (released to the public domain, CC0) at 33 places each.

    python viewer/scripts/tables.py

Between the places the viewer interpolates; the last line says how far that is off, in steps of 8 bits.
"""

import numpy as np
from matplotlib import colormaps

NAMES = ["viridis", "cividis", "magma", "inferno"]
PLACES = 33

worst = 0.0
for name in NAMES:
    exact = colormaps[name](np.linspace(0, 1, 256))[:, :3] * 255
    places = np.linspace(0, 255, PLACES)
    picked = np.stack([np.round(np.interp(places, np.arange(256), exact[:, part])) for part in range(3)], axis=1).astype(int)
    print(f'  {name}: "{"".join(f"{part:02x}" for part in picked.ravel())}",')
    at = np.linspace(0, PLACES - 1, 256)
    between = np.stack([np.interp(at, np.arange(PLACES), picked[:, part]) for part in range(3)], axis=1)
    worst = max(worst, float(np.abs(between - exact).max()))
print(f"// off by at most {worst:.1f}")

"""Very large scientific images that appear at once and sharpen until they are bit-exact, from a store that is plain OME-Zarr.

>>> import ziggurat
>>> image = ziggurat.open("slide.zarr")                                       # doctest: +SKIP
>>> pixels = image.read(level=0, y=slice(0, 512), x=slice(0, 512), max_error=8)  # doctest: +SKIP
"""

from ziggurat import errors
from ziggurat.errors import ZigguratError
from ziggurat.image import Image, open
from ziggurat.precision import precision

__all__ = ["Image", "ZigguratError", "errors", "open", "precision"]

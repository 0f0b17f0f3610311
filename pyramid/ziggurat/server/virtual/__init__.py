"""The virtual OME-Zarr: every image as OME-Zarr 0.5 (Zarr v3) and 0.4 (Zarr v2) in common codecs, transcoded when asked for.

For readers that have no ziggurat codec. docs/protocol.md, "Virtual OME-Zarr".
"""

from ziggurat.server.virtual.answer import VirtualZarr

__all__ = ["VirtualZarr"]

"""Pictures for viewers that have no codec: IIIF, DeepZoom, XYZ and thumbnails, all made by one path.

A route's parser (`iiif_request`, `deepzoom`, `xyz`) turns a URL into a `Recipe`, which says all about a picture; `Pictures` makes
it, once for many equal requests; `deliver` answers. docs/protocol.md, "Rendered pictures".
"""

"""What nobody should ask of the rendered routes: each gets its right status, nothing outside is read, nothing is decoded."""

from __future__ import annotations

import pytest

from server.attack_place import SECRET, raw
from server.test_iiif_request import BAD_REGIONS, BAD_SIZES

BIG = str(2**63)
IMAGE = "/iiif/3/ihc.zarr"


def quoted(text):
    """As one segment of a request's target."""
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in text.encode())


BAD_REQUEST = [
    *(f"{IMAGE}/{quoted(text)}/max/0/default.jpg" for text in BAD_REGIONS if len(text) < 2000),
    *(f"{IMAGE}/full/{quoted(text)}/0/default.jpg" for text in BAD_SIZES if len(text) < 2000),
    *(f"{IMAGE}/full/max/{text}/default.jpg" for text in ("-90", "361", "nan", "inf", "1e308", BIG, "!!0", "", "%00", "left")),
    *(f"{IMAGE}/full/max/0/{text}" for text in (
        "native.jpg", ".jpg", "default.", "default.exe", "default.jpg.png", "default.%00", "%2e%2e.jpg",
    )),
    *(f"{IMAGE}/full/max/0/default.jpg?{text}" for text in (
        "c=", "c=-1", "c=3", f"c={BIG}", "c=0,0", "c=0:FFF", "c=0::nan-1", "c=0::0-1e308", "c=0::9-1",
        "c=" + "0," * 900, "c=%00", "c=0&c=1",
        "z=1", "z=-1", f"z={BIG}", "z=nan", "t=1", "t=1e308", "quality=0", "quality=101",
        "quality=-1", f"quality={BIG}", "quality=nan", "depth=1",
        "depth=64", "depth=16", "c=" + "x" * 7000, "quality=" + "9" * 7000, "z=0&z=0",
    )),
    f"{IMAGE}/full/^8193,1/0/default.jpg",
    f"{IMAGE}/full/^4000,4000/0/default.jpg",
    f"{IMAGE}/full/^{BIG},/0/default.jpg",
    "/iiif/2/ihc.zarr/full/8193,/0/default.jpg",
    "/iiif/2/ihc.zarr/full/^9,/0/default.jpg",
    *(f"/deepzoom/ihc.zarr_files/{text}" for text in (
        "-1/0_0.jpg", "x/0_0.jpg", f"{BIG}/0_0.jpg", "9/-1_0.jpg", "9/0_-1.jpg", "9/nan_0.jpg", f"9/{BIG}_0.jpg",
        "9/0_0.gif", "9/0_0.", "/0_0.jpg",
        "9/_0.jpg", "9/0_.jpg", "9/1e2_0.jpg", "9/0_0.jpg?c=7", "9/0_0.jpg?quality=0",
    )),
    *(f"/deepzoom/ihc.zarr.dzi?{text}" for text in ("format=exe", "format=", "c=9", "z=1")),
    *(f"/xyz/ihc.zarr/{text}" for text in (
        "-1/0/0.png", "0/-1/0.png", "0/0/-1.png", f"{BIG}/0/0.png", f"0/{BIG}/0.png", f"0/0/{BIG}.png",
        "nan/0/0.png", "0/0/0.exe", "0/0/0.",
        "0/0/0.png?tile=0", f"0/0/0.png?tile={BIG}", "0/0/0.png?c=9", "tiles.json?tile=-1", "tiles.json?format=exe",
        "1e308/0/0.png", "//0.png",
    )),
    *(f"/thumbnail/ihc.zarr?{text}" for text in ("size=0", "size=-1", "size=1025", f"size={BIG}", "size=nan",
        "size=1e3", "c=9", "c=0,0")),
]  # fmt: skip
NOT_FOUND = [
    f"{IMAGE}/{BAD_REGIONS[2]}",
    "/iiif/1/ihc.zarr/full/full/0/native.jpg",
    "/iiif/4/ihc.zarr/info.json",
    "/iiif/33/ihc.zarr/info.json",
    "/iiif/3/",
    "/iiif/3",
    "/iiif/3//info.json",
    "/iiif/3/ihc.zarr/info.xml",
    "/iiif/3/nothing/info.json",
    "/iiif/3/nothing/full/max/0/default.jpg",
    "/iiif/3/nothing/" + "9" * 4000 + "/max/0/default.jpg",
    "/deepzoom/.dzi",
    "/deepzoom/_files/0/0_0.jpg",
    "/deepzoom/nothing.dzi",
    "/deepzoom/ihc.zarr",
    "/deepzoom/ihc.zarr_files",
    "/deepzoom/ihc.zarr_files/9/0_0_0.jpg/x",
    "/xyz/nothing/0/0/0.png",
    "/xyz/ihc.zarr/1/9/9.png",
    "/xyz//tiles.json",
    *(
        route.replace("NAME", name)
        for route in (
            "/iiif/3/NAME",
            "/iiif/3/NAME/info.json",
            "/iiif/3/NAME/full/max/0/default.jpg",
            "/iiif/2/NAME/full/full/0/default.jpg",
            "/deepzoom/NAME.dzi",
            "/deepzoom/NAME_files/0/0_0.jpg",
            "/xyz/NAME/tiles.json",
            "/xyz/NAME/0/0/0.png",
            "/thumbnail/NAME",
        )
        for name in (
            "..", "%2e%2e", "..%2foutside.zarr", "%2e%2e%2foutside.zarr", "%252e%252e%252foutside.zarr",
            "ihc.zarr%2f..%2f..%2foutside.zarr",
            "link.zarr", "link.zarr%2f.", "..%5coutside.zarr", "ihc.zarr%00", "%2fetc", "ihc.zarr%2f%2f",
            "%c0%ae%c0%ae%2foutside.zarr", ".hidden.zarr",
            "~", "file:%2f%2f%2fetc", "%ff", "x" * 300, "ihc.zarr;x",
        )
    ),
]  # fmt: skip


@pytest.fixture
def place(own_root, tmp_path):
    """A root, and beside it an image that links and dots lead to."""
    (own_root / "sparse.zarr").rename(tmp_path / "outside.zarr")
    (tmp_path / "outside.zarr/zarr.json").write_text(SECRET)
    (own_root / "link.zarr").symlink_to(tmp_path / "outside.zarr")
    (own_root / "ihc.zarr").rename(own_root / "moved")
    (own_root / "moved").rename(own_root / "ihc.zarr")
    (own_root / "speckles.zarr").rename(own_root / ".hidden.zarr")
    return own_root


@pytest.mark.parametrize(("targets", "expected"), [(BAD_REQUEST, 400), (NOT_FOUND, 404)])
async def test_the_corpus(refusing_server, targets, expected):
    assert len(targets) >= 100
    wrong = []
    for target in targets:
        status, answer = await raw(refusing_server, target)
        assert SECRET.encode() not in answer
        assert b"Traceback" not in answer
        if status != expected or b'"kind":' not in answer:
            wrong.append((status, target[:120]))
    assert wrong == []


async def test_the_server_still_answers_and_the_trap_works(refusing_server):
    assert (await raw(refusing_server, "/healthz"))[0] == 200
    assert (await raw(refusing_server, f"{IMAGE}/info.json"))[0] == 200
    assert (await raw(refusing_server, f"{IMAGE}/full/max/0/default.png"))[0] == 500


@pytest.mark.parametrize("target", [f"{IMAGE}/" + "9" * 9000, f"{IMAGE}/full/max/0/default.jpg?c=" + "0," * 9000])
async def test_what_is_longer_than_a_line_may_be_is_refused(refusing_server, target):
    assert (await raw(refusing_server, target))[0] == 400

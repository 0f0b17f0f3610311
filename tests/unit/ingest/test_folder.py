"""What the names of a folder's files say."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from ziggurat.errors import SourceError
from ziggurat.ingest.folder import natural_key, plane_axes
from ziggurat.ingest.sources import open_source

NAMES = {
    "leica channels": (["x_ch00.tif", "x_ch01.tif"], "c", [{"c": 0}, {"c": 1}]),
    "metaxpress": (["a_w1AB12.tif", "a_w29F.tif"], "c", [{"c": 0}, {"c": 1}]),
    "metaxpress, ids that begin with digits": (["s2_w1084F.tif", "s2_w271F9.tif"], "c", [{"c": 0}, {"c": 1}]),
    "depths": (["z001.tif", "z002.tif", "z010.tif"], "z", [{"z": 0}, {"z": 1}, {"z": 2}]),
    "times": (["img_t0.tif", "img_t1.tif"], "t", [{"t": 0}, {"t": 1}]),
    "channel and depth": (
        ["z1_c0.tif", "z1_c1.tif", "z2_c0.tif", "z2_c1.tif"],
        "cz",
        [{"c": 0, "z": 0}, {"c": 1, "z": 0}, {"c": 0, "z": 1}, {"c": 1, "z": 1}],
    ),
    "folders of depths": (["ZStep_1/a.tif", "ZStep_2/a.tif"], "z", [{"z": 0}, {"z": 1}]),
    "one of four is missing, so the numbers mean no grid": (
        ["z1_c0.tif", "z1_c1.tif", "z2_c0.tif"],
        "c",
        [{"c": 0}, {"c": 1}, {"c": 2}],
    ),
    "stains": (["actin.tif", "dna.tif"], "c", [{"c": 0}, {"c": 1}]),
    "numbers": (["1.tif", "2.tif", "3.tif"], "z", [{"z": 0}, {"z": 1}, {"z": 2}]),
    "many names without numbers": (list("abcde"), "z", [{"z": n} for n in range(5)]),
}


@pytest.mark.parametrize(("names", "letters", "indices"), NAMES.values(), ids=NAMES)
def test_names_number_the_planes(names, letters, indices):
    assert plane_axes(names) == (letters, indices)


def test_a_caller_knows_better():
    assert plane_axes(["z1.tif", "z2.tif"], "t") == ("t", [{"t": 0}, {"t": 1}])


def test_numbers_sort_as_numbers():
    assert sorted(["z10", "z2", "Z1", "z"], key=natural_key) == ["z", "Z1", "z2", "z10"]


def planes(folder, names, shape=(5, 6)):
    """Write a plane a name, each full of its own number."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, np.full(shape, number, np.uint16), photometric="minisblack")


def read(source):
    return source.read(tuple(slice(0, size) for size in source.shape))


def test_channel_names_follow_the_numbers_and_not_the_alphabet(tmp_path):
    planes(tmp_path, ["a_w2.tif", "b_w1.tif"])
    source = open_source(tmp_path)
    assert [hint.name for hint in source.channels] == ["b_w1", "a_w2"]
    assert read(source)[:, 0, 0].tolist() == [1, 0]
    source.close()


def test_projections_beside_a_stack_are_left_out(tmp_path):
    planes(tmp_path, ["projection.tif", "ZStep_1/a.tif", "ZStep_2/a.tif", "ZStep_10/a.tif"])
    source = open_source(tmp_path)
    assert (source.axes, source.shape) == (("z", "y", "x"), (3, 5, 6))
    assert read(source)[:, 0, 0].tolist() == [1, 2, 3]
    source.close()


def test_a_preview_in_a_subfolder_does_not_replace_the_planes(tmp_path):
    planes(tmp_path, ["z1.tif", "z2.tif", "thumbs/preview.tif"])
    source = open_source(tmp_path)
    assert read(source)[:, 0, 0].tolist() == [0, 1]
    source.close()


def test_hidden_files_and_other_kinds_are_passed_over(tmp_path):
    planes(tmp_path, ["z1.tif", "z2.tif", ".z3.tif", ".trash/z4.tif"])
    (tmp_path / "notes.txt").write_text("hello")
    source = open_source(tmp_path)
    assert source.shape == (2, 5, 6)
    source.close()


def test_more_planes_than_are_kept_open_read_right(tmp_path):
    planes(tmp_path, [f"z{number}.tif" for number in range(20)])
    source = open_source(tmp_path)
    for _ in range(2):
        assert read(source)[:, 2, 3].tolist() == list(range(20))
    assert read(source).shape == (20, 5, 6)
    source.close()


def test_a_plane_of_another_shape_is_named(tmp_path):
    planes(tmp_path, ["z1.tif"])
    tifffile.imwrite(tmp_path / "z2.tif", np.zeros((5, 7), np.uint16))
    source = open_source(tmp_path)
    with pytest.raises(SourceError, match=r"z2\.tif: is uint16 \(5, 7\), the folder's first plane uint16 \(5, 6\)"):
        read(source)
    source.close()


@pytest.mark.parametrize(
    ("names", "shape", "axes", "message"),
    [
        ([], (5, 6), None, "holds no image files"),
        (["z1.tif"], (5, 6), "tz", "lie along one axis"),
        (["z1.tif"], (5, 6), "y", "lie along one axis"),
        (["z1.tif"], (3, 5, 6), None, "one plane each"),
    ],
)
def test_folders_that_are_no_image(tmp_path, names, shape, axes, message):
    planes(tmp_path, names, shape)
    with pytest.raises(SourceError, match=message):
        open_source(tmp_path, axes)

"""The command: what each part of it prints, and one line for every error."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import ziggurat
from support.images import SHIPPED
from ziggurat.cli import main

COMMANDS = ["ingest", "info", "thumbnail", "serve", "verify"]


def failed(capsys, *arguments, status=1):
    """Run a command that fails; returns its one line."""
    assert main([str(argument) for argument in arguments]) == status
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("ziggurat: ")
    return line


def test_ingest_info_thumbnail_verify(tmp_path, capsys):
    destination = tmp_path / "camera.zarr"
    assert main(["ingest", str(SHIPPED / "camera.png"), str(destination)]) == 0
    assert "100 %" in capsys.readouterr().err
    assert main(["info", str(destination)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("camera: y 512 × x 512, uint8\n")
    assert "level 3   64 × 64" in out
    assert main(["thumbnail", str(destination), str(tmp_path / "small.png"), "--size", "100"]) == 0
    with PIL.Image.open(tmp_path / "small.png") as picture:
        assert picture.size == (100, 100)
    assert main(["verify", str(destination)]) == 0
    assert capsys.readouterr().out == "all bytes are as they were written\n"


def test_info_as_json(ingested, capsys):
    assert main(["info", str(ingested("slide").path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["axes"] == ["c", "y", "x"]
    assert told["shape"] == [3, 2967, 2220]
    assert (told["dtype"], told["rgb"], told["title"]) == ("uint8", True, "HE_CMU-1-Small-Region")
    assert told["scale"] == {"y": 0.499, "x": 0.499}
    assert told["unit"] == {"y": "micrometer", "x": "micrometer"}
    assert [level["shape"] for level in told["levels"][:2]] == [[3, 2967, 2220], [3, 1484, 1110]]
    assert [array["path"] for array in told["arrays"]] == ["0", "1"]
    assert told["channels"][0] == {"name": "red", "colour": "FF0000", "window": [0, 255], "range": [0, 255]}


def test_info_for_people_tells_sizes_and_channels(ingested, capsys):
    assert main(["info", str(ingested("rgb48").path)]) == 0
    out = capsys.readouterr().out
    assert "c 3 × y 512 × x 672, uint16" in out
    assert "y 0.0514931 micrometer" in out
    assert "channel 0  red, #FF0000, window 0 to 2827" in out


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_thumbnails_of_every_kind(ingested, tmp_path, suffix):
    out = tmp_path / f"small{suffix}"
    assert main(["thumbnail", str(ingested("rgb48").path), str(out)]) == 0
    with PIL.Image.open(out) as picture:
        assert picture.size == (256, 195)


def test_axes_are_handed_on(tmp_path):
    np.save(tmp_path / "film.npy", np.ones((3, 20, 30), np.uint16))
    assert main(["ingest", str(tmp_path / "film.npy"), str(tmp_path / "film.zarr"), "--axes", "tyx"]) == 0
    assert ziggurat.open(tmp_path / "film.zarr").axes == ("t", "y", "x")


def test_verify_names_what_is_damaged(ingested, tmp_path, capsys):
    shutil.copytree(ingested("camera").path, tmp_path / "image.zarr")
    shard = tmp_path / "image.zarr" / "0" / "c" / "0" / "0"
    data = bytearray(shard.read_bytes())
    data[-5] ^= 1
    shard.write_bytes(data)
    assert main(["verify", str(tmp_path / "image.zarr")]) == 1
    out, err = capsys.readouterr()
    assert out == "1 problems\n"
    assert f"{tmp_path}/image.zarr/0/c/0/0: chunk (0, 0), resolution 0, step 0 is damaged" in err


@pytest.mark.parametrize("command", ["info", "verify"])
def test_where_there_is_no_image(tmp_path, capsys, command):
    assert "there is no such folder" in failed(capsys, command, tmp_path / "nothing.zarr")
    (tmp_path / "empty").mkdir()
    line = failed(capsys, command, tmp_path / "empty")
    assert "no zarr.json" in line


def test_an_image_of_another_codec(tmp_path, capsys):
    import zarr

    group = zarr.create_group(tmp_path / "other.zarr")
    group.create_array("0", shape=(8, 8), dtype="uint8")
    assert "is not an OME-Zarr 0.5 image" in failed(capsys, "info", tmp_path / "other.zarr")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.tif", "x.zarr"], "there is no such file"),
        (["notes.txt", "x.zarr"], ".txt is not a kind of image"),
        (["film.npy", "there"], "exists already"),
        (["film.npy", "x.zarr", "--axes", "yx"], "do not describe"),
        (["film.npy", "x.zarr", "--axes", "qyx"], "do not describe"),
        (["complex.npy", "x.zarr"], "complex64 pixels"),
        (["folder", "x.zarr"], "holds no image files"),
        (["film.npy", "nope://x.zarr"], "cannot be opened as a store"),
        (["film.npy", "notes.txt/x.zarr"], "cannot be written"),
    ],
)
def test_ingest_that_cannot_be(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("hello")
    Path("folder").mkdir()
    Path("there").mkdir()
    np.save("film.npy", np.ones((3, 20, 30), np.uint16))
    np.save("complex.npy", np.ones((20, 30), np.complex64))
    assert main(["ingest", *arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert [line for line in err.splitlines() if line.startswith("ziggurat: ")] == [err.splitlines()[-1]]
    assert message in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not Path("x.zarr").exists()


@pytest.mark.parametrize(
    ("out", "size", "message"),
    [
        ("small.xyz", "64", "unknown file extension"),
        ("small", "64", "unknown file extension"),
        ("missing/small.png", "64", "cannot be written"),
        ("small.png", "0", "1 to 4096"),
        ("small.png", "5000", "1 to 4096"),
    ],
)
def test_thumbnails_that_cannot_be(ingested, tmp_path, monkeypatch, capsys, out, size, message):
    monkeypatch.chdir(tmp_path)
    assert message in failed(capsys, "thumbnail", ingested("camera").path, out, "--size", size)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "hidden", "message"),
    [
        (["ingest", "a.tif", "b.zarr"], "tifffile", "pip install 'ziggurat[ingest]'"),
        (["serve", "."], "aiohttp", "pip install 'ziggurat[server]'"),
    ],
)
def test_a_missing_extra_is_named(arguments, hidden, message):
    program = f"import sys; sys.modules[{hidden!r}] = None; from ziggurat.cli import main; sys.exit(main({arguments}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("ziggurat: ")
    assert repr(hidden) in line
    assert message in line


def test_without_rich_there_is_work_and_no_bar(ingested, monkeypatch, capsys):
    for name in [name for name in sys.modules if name.startswith("rich")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert main(["verify", str(ingested("camera").path)]) == 0
    assert capsys.readouterr() == ("all bytes are as they were written\n", "")


@pytest.mark.parametrize(
    "arguments", [[], ["dance"], ["info"], ["ingest", "a"], ["thumbnail", "a", "b", "--size", "big"]]
)
def test_wrong_usage_is_status_2_and_tells_the_usage(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: ziggurat")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert f"usage: ziggurat {command}" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--help"])
    assert command in capsys.readouterr().out


def test_the_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("ziggurat 0.")


def test_interrupted(monkeypatch, capsys):
    def interrupt(path):
        raise KeyboardInterrupt

    monkeypatch.setattr("ziggurat.cli.info.open_image", interrupt)
    assert main(["info", "x"]) == 130
    assert capsys.readouterr().err == "ziggurat: interrupted\n"


def test_the_command_is_installed(ingested):
    command = Path(sys.executable).with_name("ziggurat")
    done = subprocess.run([command, "info", "/nothing.zarr"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "ziggurat: /nothing.zarr: there is no such folder\n"


def test_a_reader_that_leaves_is_no_error_of_ours(ingested):
    command = Path(sys.executable).with_name("ziggurat")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([command, "info", ingested("slide").path], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_titles_that_the_terminal_cannot_show(tmp_path, monkeypatch):
    from ziggurat.ingest import Source, ingest

    pixels = np.ones((8, 8), np.uint16)
    ingest(Source("細胞", ("y", "x"), (8, 8), pixels.dtype, lambda box: pixels[box]), tmp_path / "image.zarr")
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["info", str(tmp_path / "image.zarr")]) == 0
    terminal.flush()
    assert b"y 8" in terminal.buffer.getvalue()

"""Which reader opens which file."""

from __future__ import annotations

import pytest

from ziggurat.errors import SourceError
from ziggurat.ingest.sources import open_source


def test_what_is_not_there_is_a_source_error(tmp_path):
    with pytest.raises(SourceError, match="there is no such file"):
        open_source(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["notes.txt", "image", "slide.zip"])
def test_other_kinds_are_refused_with_a_list_of_those_that_are_read(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(SourceError, match=r"\.svs.*\.png.*\.npy"):
        open_source(tmp_path / name)


@pytest.mark.parametrize("name", ["A.TIF", "a.Png", "a.NPY"])
def test_the_case_of_a_suffix_does_not_matter(tmp_path, name):
    (tmp_path / name).write_bytes(b"junk")
    with pytest.raises(SourceError, match="cannot be read as"):
        open_source(tmp_path / name)

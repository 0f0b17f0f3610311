"""A sparse copy of an object: against a plain set of positions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ziggurat.errors import CorruptError
from ziggurat.held import HeldBytes

OBJECT = bytes(range(200))

spans = st.tuples(st.integers(0, 200), st.integers(0, 200)).map(lambda pair: (min(pair), max(pair)))


@given(st.integers(0, 40), st.lists(spans, max_size=8), spans)
def test_what_is_held_is_never_missing_and_the_rest_is(head, fetched, wanted):
    held, known = HeldBytes(OBJECT[:head]), set(range(head))
    for span in fetched:
        missing = held.missing(span)
        assert [at for start, stop in missing for at in range(start, stop)] == sorted({*range(*span)} - known)
        assert all(start < stop for start, stop in missing)
        for start, stop in missing:
            held.add(start, memoryview(OBJECT)[start:stop])
        known.update(range(*span))
        assert held.missing(span) == []
        assert bytes(held.slice(span)) == OBJECT[slice(*span)]
    if {*range(*wanted)} <= known:
        assert bytes(held.slice(wanted)) == OBJECT[slice(*wanted)]
    else:
        with pytest.raises(CorruptError, match="not there"):
            held.slice(wanted)

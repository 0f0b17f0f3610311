"""Objects that must be refused, and why: codecs/SPEC.md, section 11. Used by make.py."""

from __future__ import annotations

import struct

import numpy as np
from parts import HEADER_NBYTES_AT, front_nbytes, index_at, index_of, payloads

from ziggurat import reference
from ziggurat.errors import CorruptError
from ziggurat.reference.binarycoder import BitEncoder, BitModel
from ziggurat.reference.checksum import crc32c
from ziggurat.reference.chunk import encode_chunk
from ziggurat.reference.descriptors import Head
from ziggurat.reference.few import FewChunk
from ziggurat.reference.index import lengths_of_step
from ziggurat.reference.rawbits import bits_to_bytes
from ziggurat.reference.steps import BODY_NBYTES, UNTOLD, lengths_check, order_of_step
from ziggurat.reference.valuetable import GAPS, LINE, table_nbytes
from ziggurat.reference.varints import write_varint


def small():
    """Two chunks of 8 × 8, two resolutions, steps 3 to 0."""
    y, x = np.mgrid[:8, :16]
    pixels = ((y * 37 + x * 11) % 200 + (x > 8) * 40).astype(np.uint8)[None, None]
    return reference.encode(pixels, chunk=(8, 8), decompositions=2, resolutions=2, first_step=3, coarse_step=2)


def with_header(data, offset, layout, value):
    """Change one header field and make the header's checksum right again."""
    changed, end = bytearray(data), index_at(data)
    struct.pack_into(layout, changed, offset, value)
    changed[end - 4 : end] = crc32c(bytes(changed[: end - 4])).to_bytes(4, "little")
    return bytes(changed)


def with_size(data, nbytes):
    """Another size of the header is told."""
    return data[:HEADER_NBYTES_AT] + bytes((nbytes,)) + data[HEADER_NBYTES_AT + 1 :]


def with_longer_header(data):
    """A byte of tightness more than the fields have, all checksums right."""
    end = index_at(data)
    longer = with_size(data[: end - 4] + bytes(5) + data[end:], end + 1)
    return with_header(longer, 10, "B", data[10])


def with_index(data, index):
    """Another index, all checksums of header and index right."""
    header = reference.Header.parse(data)
    front = header.replace(index_nbytes=len(index), index_crc=crc32c(index)).tobytes()
    return front + index + data[front_nbytes(data) :]


def with_payloads(edit):
    """A shard with payloads changed by ``edit``, all checksums right."""
    chunks = payloads(small())
    chunks[1][0, 2] = edit(chunks[1][0, 2])
    return reference.assemble(reference.Header.parse(small()), chunks)


def flip(data, place):
    """One bit the other way."""
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def fields():
    """Offset, layout and value of one header field that breaks its constraint."""
    return {
        "dtype_0": (5, "B", 0), "dtype_13": (5, "B", 13), "dtype_float_of_means": (5, "B", 10),
        "dtype_bool_of_means": (5, "B", 12), "components_0": (6, "B", 0), "components_5": (6, "B", 5),
        "coding_4": (7, "B", 4), "coding_5": (7, "B", 5), "rct_of_one_component": (7, "B", 1),
        "labels_in_steps": (7, "B", 2), "floats_of_uint8": (7, "B", 3), "decompositions_11": (8, "B", 11),
        "resolutions_0": (9, "B", 0), "resolutions_above_decompositions": (9, "B", 4), "first_step_32": (10, "B", 32),
        "coarse_step_above_first": (11, "B", 5), "coarse_step_254": (11, "B", 254),
        "planes_0": (12, "3s", bytes(3)), "height_0": (16, "<I", 0),
        "width_0": (20, "<I", 0),
        "chunk_height_0": (24, "<I", 0), "chunk_height_4097": (24, "<I", 4097), "chunk_width_0": (28, "<I", 0),
        "chunk_width_4097": (28, "<I", 4097), "chunk_width_odd_in_grid": (28, "<I", 7), "extent_above_height": (32, "<I", 9),
        "extent_above_width": (36, "<I", 17), "fill_beyond_dtype": (40, "<q", 256), "fill_below_dtype": (40, "<q", -1),
        "offset_beyond_dtype": (48, "<q", 256), "divisor_0": (56, "<I", 0), "span_2_to_27": (60, "<I", 1 << 27),
        "values_beyond_dtype": (60, "<I", 256), "too_many_planes": (12, "3s", b"\1\x80\0"),
        "most_planes": (12, "3s", b"\xff\xff\xff"),
        "too_many_chunks": (16, "<I", 0xFFFFFFFF),
        "background_above_span": (26, "<H", 256), "background_of_more_bits": (30, "<H", 1),
        "tightness_left_over": (80, "B", 0x10),  # of three levels and three steps; the tenth half byte
    }  # fmt: skip


def by_steps():
    """The same, step by step."""
    return reference.assemble(
        reference.Header.parse(small()).replace(coarse_step=reference.BY_STEPS), payloads(small())
    )


def with_first_lengths(numbers):
    """Other lengths of the first step, their check right."""
    data, places = by_steps(), index_of(by_steps()).places
    header, front = reference.Header.parse(data), front_nbytes(data)
    return data[:front] + numbers + lengths_check(header, header.first_step, numbers) + data[min(places.values())[0] :]


def with_body_nbytes(nbytes):
    """Another number of bytes behind the index, all checks of lengths right."""
    data, places = by_steps(), index_of(by_steps()).places
    index = nbytes.to_bytes(BODY_NBYTES, "little") + data[index_at(data) + BODY_NBYTES : front_nbytes(data)]
    header = reference.Header.parse(data).replace(index_nbytes=len(index), index_crc=crc32c(index))
    lengths, out = {key: stop - start for key, (start, stop) in places.items()}, header.tobytes() + index
    for step in range(header.first_step, -1, -1):
        out += lengths_of_step(header, lengths, step)
        out += b"".join(data[slice(*places.get(key, (0, 0)))] for key in order_of_step(header, step))
    return out


def steps():
    """Packets that lie step by step, and lengths that are not theirs."""
    data = by_steps()
    index, front = data[index_at(data) : front_nbytes(data)], front_nbytes(data)
    first = min(index_of(data).places.values())[0]
    numbers = data[front : first - 3]
    nbytes = len(data) - front
    yield "steps_lengths_flipped", flip(data, front), "index_crc"
    yield "steps_check_flipped", flip(data, first - 1), "index_crc"
    yield "steps_index_of_4_bytes", with_index(data, index[:4]), "index"
    yield "steps_count_beyond", with_index(data, index[:-1] + bytes((5,))), "index"
    yield "steps_mark_2", with_index(data, index[:BODY_NBYTES] + b"\2" + index[BODY_NBYTES + 1 :]), "index"
    yield "steps_length_1", with_first_lengths(b"\1" + numbers[1:]), "index"
    yield "steps_length_not_shortest", with_first_lengths(b"\x80\0" + numbers[1:]), "index"
    yield "steps_length_untold", with_first_lengths(write_varint(UNTOLD) + numbers[1:]), "index"
    yield "steps_length_beyond_object", with_first_lengths(write_varint(nbytes) + numbers[1:]), "index"
    yield "steps_body_less", with_body_nbytes(nbytes - 1), "index"
    yield "steps_body_more", with_body_nbytes(nbytes + 1) + b"\0", "index"
    yield "steps_body_ends_in_lengths", with_body_nbytes(1)[: front + 1], "index"
    yield "steps_body_ends_in_check", with_body_nbytes(first - front - 1)[: first - 1], "index"
    yield "steps_trailing_byte", data + b"\0", "index"


def labels():
    """One chunk of 8 × 8 labels, two resolutions."""
    y, x = np.mgrid[:8, :8]
    pixels = ((y // 3) * 3 + x // 3).astype(np.uint16)[None, None] + 7
    return reference.encode(pixels, coding=2, chunk=(8, 8), decompositions=1, resolutions=2, first_step=0)


def floats():
    """One chunk of 8 × 8 floats with specials and a residual, two resolutions, steps 4 to 0."""
    y, x = np.mgrid[:8, :8]
    pixels = np.sqrt(y * 37.0 + x * 11).astype(np.float32)[None, None]
    pixels[0, 0, 2, 3], pixels[0, 0, 5, 1:4] = np.inf, np.nan
    pixels[0, 0, 7, 7] = 2.0**-120
    return reference.encode(pixels, coding=3, chunk=(8, 8), decompositions=1, resolutions=2, first_step=4)


def other_fields():
    """Object, offset, layout and value of one header field of labels or floats that breaks its constraint."""
    return {
        "labels_offset": (labels, 48, "<q", 1), "labels_divisor": (labels, 56, "<I", 2), "labels_span": (labels, 60, "<I", 1),
        "labels_of_floats": (labels, 5, "B", 10), "labels_first_step": (labels, 10, "B", 1),
        "labels_fill": (labels, 40, "<q", 65536),
        "floats_offset": (floats, 48, "<q", (1 << 53) + 1), "floats_offset_low": (floats, 48, "<q", -(1 << 53) - 1),
        "floats_exponent_low": (floats, 56, "<I", 0x30000 | (-150 & 0xFFFF)), "floats_exponent_high": (floats, 56, "<I", 0x30400),
        "floats_rounded_below_least": (floats, 56, "<I", 0x30000 | (-149 & 0xFFFF)),
        "floats_scale_flag": (floats, 56, "<I", 0x40000),
        "floats_span": (floats, 60, "<I", 1 << 27), "floats_no_step": (floats, 10, "B", 0),
        "floats_fill": (floats, 40, "<q", 1 << 32),
        "floats_of_uint32": (floats, 5, "B", 5), "labels_background": (labels, 26, "<H", 1),
        "floats_background": (floats, 30, "<H", 1 << 15),
    }  # fmt: skip


def few(codes=None):
    """One chunk of 8 × 8 of 255 values, two resolutions."""
    y, x = np.mgrid[:8, :8]
    pixels = ((y * 37 + x * 11) * 254 // 336).astype(np.int16)[None, None]
    options = {"decompositions": 2, "resolutions": 2, "first_step": 0, "codes": codes}
    return reference.encode(pixels, coding=4, chunk=(8, 8), **options)


def few_by_table():
    """The same, by a table of codes."""
    return few(tuple(range(255)))


def few_fields():
    """Object, offset, layout and value of one header field of few values that breaks its constraint."""
    return {
        "few_components": (few, 6, "B", 2), "few_first_step": (few, 10, "B", 1), "few_span_0": (few, 60, "<I", 0),
        "few_span_256": (few, 60, "<I", 256), "few_table_span": (few_by_table, 60, "<I", 256), "few_divisor": (few, 56, "<I", 0),
        "few_beyond_dtype": (few, 56, "<I", 130), "few_of_floats": (few, 5, "B", 10), "few_of_bool": (few, 5, "B", 12),
        "few_error_above_span": (few, 76, "B", 255), "few_background": (few, 26, "<H", 1),
    }  # fmt: skip


class Ones(BitEncoder):
    """Writes ones for raw bits, whatever they are."""

    def raw(self, _value, count):
        """Write as many; returns them."""
        return super().raw((1 << count) - 1, count)


def few_cut_short(encoder, resolution, value):
    """The payload of a resolution of pixels of one value, nothing before it, up to where the encoder refuses to go on."""
    chunk = FewChunk(reference.Header.parse(few()), 8, 8)
    try:
        chunk.code(resolution, encoder, [np.full((8 >> n, 8 >> n), value) for n in range(3)])
    except CorruptError:
        return encoder.finish()
    raise SystemExit("the encoder did not refuse to go on")


def few_objects():
    """Few values that must be refused."""
    for name, (make, *change) in few_fields().items():
        yield f"field_{name}", with_header(make(), *change), "field"
    data = few()
    coarse, fine = packet(data, (1, 0)), packet(data, (0, 0))
    yield "few_ends_early", with_packet(data, (0, 0), fine[:-5]), "packet"
    yield "few_coarse_ends_early", with_packet(data, (1, 0), coarse[:-5]), "packet"
    yield "few_left_over", with_packet(data, (0, 0), fine + b"\1" * 5), "packet"
    yield "few_left_over_zero", with_packet(data, (1, 0), coarse + bytes(5)), "packet"
    # The first pixel is among the values after the 24 that are asked for, but told by a number that none of them has.
    yield "few_number_beyond", with_packet(data, (1, 0), few_cut_short(Ones(), 1, 3)), "packet"
    # Three pixels of a block are 254, which its mean of 0 does not allow for any fourth.
    nothing = with_packet(data, (1, 0), b"")
    yield "few_no_value", with_packet(nothing, (0, 0), few_cut_short(BitEncoder(), 0, 254)), "packet"


def table():
    """One chunk of 8 × 8 of 16 bits by a table of 60 codes, two resolutions, steps 3 to 0."""
    y, x = np.mgrid[:8, :8]
    pixels = ((y * 37 + x * 11) % 60).astype(np.uint16)[None, None] ** 2
    codes = tuple(np.unique(pixels).tolist())
    return reference.encode(pixels, chunk=(8, 8), decompositions=1, resolutions=2, first_step=3, codes=codes)


def table_of(data):
    """The bytes of the table of codes."""
    codes = data[index_at(data) :]
    return codes[: table_nbytes(reference.Header.parse(data), codes)]


def with_table(data, codes, kind=GAPS):
    """Another table, all checksums of header and index right."""
    header = reference.Header.parse(data).replace(has_table=kind)
    index = codes + data[index_at(data) + len(table_of(data)) : front_nbytes(data)]
    fields = {"index_nbytes": len(index), "index_crc": crc32c(index), "divisor": crc32c(codes)}
    return header.replace(**fields).tobytes() + index + data[front_nbytes(data) :]


def stream(*bits):
    """A table whose stream begins with these bits, each a model of its own."""
    encoder = BitEncoder()
    for bit in bits:
        encoder.bit(BitModel(), bit)
    coded = encoder.finish()
    return len(coded).to_bytes(4, "little") + coded


def with_line(data, slope, start, nbytes=12):
    """A table that is a line."""
    body = slope.to_bytes(8, "little") + start.to_bytes(4, "little") + b"\1"
    return with_table(data, nbytes.to_bytes(4, "little") + body[:nbytes], LINE)


def tables():
    """Tables of codes that must be refused."""
    data = table()
    good = table_of(data)
    body, start = good[4:], index_at(data)
    for name, change in {
        "table_of_labels": (7, "B", 18), "table_of_floats": (7, "B", 19), "two_tables": (7, "B", 64),
        "line_without_table": (7, "B", 32), "line_of_labels": (7, "B", 50),
        "table_span": (60, "<I", 65_536), "table_offset": (48, "<q", 65_536),
    }.items():  # fmt: skip
        yield f"field_{name}", with_header(data, *change), "field"
    yield "table_flipped", flip(data, start + 9), "index_crc"
    yield "table_cut", data[: start + len(good) - 1], "truncated"
    yield "table_size_cut", data[: start + 3], "truncated"
    yield "table_of_another", with_header(data, 56, "<I", 12_345), "index_crc"
    yield "table_longer_than_index", with_table(data, b"\xff\xff\0\0" + body), "index"
    yield "table_in_index_of_2_bytes", with_header(data, 64, "<I", 2), "index"
    yield "table_left_over", with_table(data, (len(body) + 5).to_bytes(4, "little") + body + b"\1" * 5), "index"
    yield "table_ends_early", with_table(data, (len(body) - 5).to_bytes(4, "little") + body[:-5]), "index"
    yield "table_length_127", with_table(data, stream(*(1,) * 7)), "index"
    yield "table_beyond_dtype", with_table(data, stream(0, 0, 1, 0, 0, 0, 1, *(1,) * 16)), "index"
    one, beyond = 1 << 32, (65_536 << 32) // reference.Header.parse(data).span + 1
    yield "line_cut", with_line(data, one, 0)[: start + 15], "truncated"
    yield "line_longer_than_index", with_header(with_line(data, one, 0), 64, "<I", 15), "index"
    yield "line_of_11_bytes", with_line(data, one, 0, 11), "index"
    yield "line_of_13_bytes", with_line(data, one, 0, 13), "index"
    yield "line_too_flat", with_line(data, one - 1, one - 1), "index"
    yield "line_too_steep", with_line(data, 1 << 48, 0), "index"
    yield "line_beyond_dtype", with_line(data, beyond, 0), "index"
    # The last gap ends one beyond the largest number there is.
    yield "table_gap_too_large", with_header(data, 48, "<q", 65_535 - 3_480), "index"


def with_packet(data, key, payload):
    """The one chunk of a shard with the payload of packet (resolution, step) replaced."""
    return reference.assemble(reference.Header.parse(data), {0: payloads(data)[0] | {key: payload}})


def packet(data, key):
    """The payload of a packet of the one chunk of a shard."""
    return payloads(data)[0][key]


def entry_bits(*bits):
    """A label's payload whose first pixel is no candidate, and then these raw or fresh bits, each a model of its own."""
    encoder = BitEncoder()
    encoder.bit(BitModel(), 1)  # there is one candidate: outside is all fill
    for bit in bits:
        encoder.bit(BitModel(), bit)
    return encoder.finish()


def finite_special():
    """A stream of specials whose first pixel is one, with the bits of 0.0."""
    encoder = BitEncoder()
    encoder.bit(BitModel(), 1)
    encoder.bit(BitModel(), 1)
    encoder.raw(0, 32)
    return encoder.finish()


def other_objects():
    """Labels and floats that must be refused."""
    for name, (make, *change) in other_fields().items():
        yield f"field_{name}", with_header(make(), *change), "field"
    masks, numbers = labels(), floats()
    whole, first, residual = packet(masks, (1, 0)), packet(numbers, (0, 4)), packet(numbers, (0, 0))
    yield "labels_ends_early", with_packet(masks, (1, 0), whole[:-5]), "packet"
    yield "labels_left_over", with_packet(masks, (1, 0), whole + b"\1" * 5), "packet"
    yield "labels_length_127", with_packet(masks, (1, 0), entry_bits(1, 1, 1, 1, 1, 1, 1, 1)), "packet"
    yield "labels_beyond_dtype", with_packet(masks, (1, 0), entry_bits(1, 0, 1, 0, 0, 0, 0, 0)), "packet"
    yield "residual_of_resolution_1", with_packet(numbers, (1, 0), residual), "packet"
    yield "residual_left_over", with_packet(numbers, (0, 0), residual + b"\1" * 5), "packet"
    yield "residual_too_long", with_packet(numbers, (0, 0), residual + b"\1" * 8 * 65), "packet"
    yield "specials_without_size", with_packet(numbers, (0, 4), first[:3]), "packet"
    yield "specials_longer_than_packet", with_packet(numbers, (0, 4), b"\xff\0\0\0" + first[4:]), "packet"
    yield "specials_size_4_gib", with_packet(numbers, (0, 4), b"\xff" * 4 + first[4:]), "packet"
    yield "specials_left_over", with_packet(numbers, (0, 4), b"\x20\0\0\0" + first[4:8] + b"\1" * 28), "packet"
    made = finite_special()
    yield "special_is_finite", with_packet(numbers, (0, 4), len(made).to_bytes(4, "little") + made), "packet"


def indexes(header, index):
    """Indexes with right checksums that say what cannot be. A chunk has a mark, then for r = 1 and 0 a count and lengths."""
    steps = header.first_step + 1
    empty = bytes((1, 0, 0))
    return {
        "mark_2": bytes((2,)) + index[1:],
        "index_short": index[:-1],
        "index_long": index + b"\0",
        "index_empty": b"",
        "count_above_steps": bytes((1, steps + 1, *([9] * (steps + 1)), 0)) + empty,
        "first_length_0": bytes((1, 2, 0, 9, 0)) + empty,
        "length_3": bytes((1, 1, 3, 0)) + empty,
        "varint_not_shortest": bytes((1, 1, 0x89, 0, 0)) + empty,
        "varint_6_bytes": bytes((1, 1, 0x89, 0x80, 0x80, 0x80, 0x80, 1, 0)) + empty,
        "varint_33_bits": bytes((1, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 0)) + empty,
    }


def head(code, *planes, usual=0):
    """The head of a payload of the first step: the code of the width, how many planes of each band are told of, which as usual."""
    bits = Head()
    bits.put(code, 2)
    for count in planes:
        for _ in range(count // 7):
            bits.put(7, 3)
        bits.put(count % 7, 3)
    bits.put(usual, sum(planes))
    return bits_to_bytes(bits.bits)


def hand_made():
    """Payloads of packet (0, 3) of the small shard that say what cannot be. HL, LH and HH of 4 × 4 hold planes 2, 2 and 3 up."""
    bare, lanes, two, two_lanes = head(0, 1, 0, 0), head(1, 1, 0, 0), head(0, 2, 0, 0), head(1, 2, 0, 0)
    state, signs, flags = bytes((0, 1)), 64, 128
    return {
        "head_cut": bare[:1],
        "plane_31": head(0, 31, 0, 0) + bytes(40),
        "first_plane_zero": bare + bytes((0,)),
        "nothing_is_usual": head(1, 1, 0, 0, usual=1) + state * 4,
        "zero_with_sign_mode": two_lanes + bytes((2, signs, 1)) + state * 4,
        "no_sign_mode": lanes + bytes((2 | signs, 16)) + state * 4,
        "no_flag_table": bare + bytes((1 | flags, 63)) + bytes(2),
        "raw_with_sign_table": bare + bytes((1 | signs, 1)) + bytes(2),
        "magnitudes_no_longer_raw": two_lanes + bytes((1, 2)) + state * 4,
        "signs_no_longer_raw": two_lanes + bytes((2, 2 | signs, 1)) + state * 4,
        "no_states": bare + bytes((2,)),
        "state_too_small": lanes + bytes((2, 255, 0)) + state * 3,
        "states_cut": lanes + bytes((2,)) + state * 3 + bytes(1),
        "raw_cut": bare + bytes((1, 0)),
        "raw_left_over": bare + bytes((1, 0, 0, 0)),
        "descriptors_cut": two + bytes((2 | signs,)),
    }


def with_packets(packets):
    """The small shard, one chunk of it, with these packets of resolution 0 only."""
    header = reference.Header.parse(small())
    chunk = encode_chunk(header, reference.decode(small())[0, :, :, :8])
    return reference.assemble(header, {0: {key: value for key, value in chunk.items() if key[0]} | packets})


def chains():
    """Packets of resolution 0 of the small shard of which the last does not go on with what the others left."""
    state = bytes((0, 1))
    # (0, 0) is the last: plane 0 of HH, 2 raw bytes, which the first two states hold.
    yield "state_does_not_end", {(0, 0): bytes((9, 1)) + state * 2 + bytes((1, 1)) + state}
    yield "raw_held_twice", {(0, 0): bytes((9, 1)) + state * 4 + bytes(2)}


def pieces():
    """Packet (0, 0) of the small shard in two pieces that cannot be: plane 0 of HH, raw, 4 bits a phase, and no states."""
    told, raw = bytes((4, 0, 0, 0)), bytes((1, 1, 0))
    yield "piece_of_all_phases", told + piece(4, 4) + raw + bytes(1)
    yield "piece_of_17_phases", told + bytes((3 * 16 + 15, 1)) + raw + bytes(1)
    yield "piece_beyond_payload", told + piece(2, 5) + raw + bytes(1)
    yield "piece_short", told + piece(2, 2) + raw + bytes(1)
    yield "piece_left_over", told + piece(2, 4) + raw + bytes(2)
    yield "piece_without_descriptors", told + piece(2, 1) + raw + bytes(1)
    yield "piece_number_not_shortest", told + bytes((0x80 | piece(2, 3)[0], 0)) + raw + bytes(1)
    yield "piece_number_of_5_bytes", told + bytes((0x80 | piece(2, 3)[0], 0x80, 0x80, 0x80, 0)) + raw + bytes(1)
    yield "piece_checks_cut", bytes((4 | 31 << 3,)) + bytes(40)
    yield "last_piece_left_over", told + piece(2, 3) + raw + bytes(2)


def piece(phases, length):
    """What tells of a piece of fewer than 8 bytes and 16 phases."""
    return bytes((16 * length + phases - 1,))


def with_first_packet(payload):
    """The small shard, one chunk of it, with another packet (0, 3)."""
    header = reference.Header.parse(small())
    chunks = {0: encode_chunk(header, reference.decode(small())[0, :, :, :8])}
    chunks[0][0, 3] = payload
    return reference.assemble(header, chunks)


def two_versions():
    """Packets of one version under the header of another whose packets have the same lengths."""
    pixels = np.random.default_rng(3).integers(0, 2, (1, 1, 16, 16)).astype(np.uint8) * 100
    header = reference.Header.parse(
        reference.encode(pixels, chunk=(16, 16), decompositions=0, resolutions=1, first_step=0)
    )
    old, new = ({0: {(0, 0): bytes((first, 2, 3, 4))}} for first in (1, 9))
    old_object, new_object = reference.assemble(header, old), reference.assemble(header, new)
    front = front_nbytes(new_object)
    return new_object[:front] + old_object[front:]


def swapped():
    """Two packets of one length and step, of two chunks, exchanged: each whole, neither where it belongs."""
    header = reference.Header.parse(small())
    data = reference.assemble(header, {0: {(0, 3): b"\x10\x20\x30"}, 1: {(0, 3): b"\x40\x50\x60"}})
    places = index_of(data).places
    (a, b), (c, d) = places[0, 0, 3], places[1, 0, 3]
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def outside_extent(data):
    """A chunk marked present that has no pixels."""
    narrow = with_header(data, 36, "<I", 8)
    return with_index(narrow, data[index_at(data) : front_nbytes(data)])


def objects():
    """Name, bytes and the reason for which a reader must refuse them."""
    data = small()
    header = reference.Header.parse(data)
    end, front = index_at(data), front_nbytes(data)
    index = data[end:front]
    yield "empty", b"", "truncated"
    yield "header_cut", data[: end - 1], "truncated"
    yield "header_of_79_bytes", data[: reference.header.HEADER_NBYTES_LEAST - 1], "truncated"
    yield "index_cut", data[: front - 1], "truncated"
    yield "magic", flip(data, 0), "magic"
    yield "version_0", flip(data, 4), "version"
    yield "version_1", with_header(data, 4, "B", 1), "version"
    yield "version_2", with_header(data, 4, "B", 2), "version"
    yield "version_3", with_header(data, 4, "B", 3), "version"
    yield "version_4", with_header(data, 4, "B", 4), "version"
    yield "version_5", with_header(data, 4, "B", 5), "version"
    yield "header_flipped", flip(data, 50), "header_crc"
    yield "header_crc_flipped", flip(data, end - 1), "header_crc"
    for nbytes in (0, 79, 129, 255):
        yield f"header_size_{nbytes}", with_size(data, nbytes), "header_crc"
    yield "header_of_more_tightness", with_longer_header(data), "field"
    yield "header_of_labels_with_tightness", with_longer_header(labels()), "field"
    for name, change in fields().items():
        yield f"field_{name}", with_header(data, *change), "field"
    yield "index_flipped", flip(data, front - 1), "index_crc"
    yield "index_nbytes_less", with_header(data, 64, "<I", header.index_nbytes - 1), "index_crc"
    yield "index_nbytes_more", with_header(data, 64, "<I", 0xFFFFFFFF), "truncated"
    for name, broken_index in indexes(header, index).items():
        yield name, with_index(data, broken_index), "index"
    yield "present_outside_extent", outside_extent(data), "index"
    yield "trailing_byte", data + b"\0", "index"
    yield "payload_flipped", flip(data, front + 1), "packet_crc"
    yield "packet_crc_flipped", flip(data, len(data) - 1), "packet_crc"
    yield "packets_swapped", swapped(), "packet_crc"
    yield "two_versions", two_versions(), "packet_crc"
    yield "payload_left_over", with_payloads(lambda payload: payload + b"\1" * 5), "packet"
    yield "payload_left_over_zero", with_payloads(lambda payload: payload + bytes(5)), "packet"
    yield "payload_ends_early", with_payloads(lambda payload: payload[:-5]), "packet"
    yield from other_objects()
    yield from few_objects()
    for name, payload in hand_made().items():
        yield name, with_first_packet(payload), "packet"
    for name, packets in chains():
        yield name, with_packets(packets), "packet"
    for name, payload in pieces():
        yield name, with_packets({(0, 0): payload}), "packet"
    yield from tables()
    yield from steps()


def sequences():
    """Packets (resolution, step) of an object offered to one decoder: all but the last are taken, the last is refused."""
    return [
        {"name": "not_the_first", "object": "fluo16", "chunk": 0, "packets": [[3, 9]], "reason": "order"},
        {"name": "a_gap", "object": "fluo16", "chunk": 0, "packets": [[3, 10], [3, 9], [3, 7]], "reason": "order"},
        {"name": "twice", "object": "fluo16", "chunk": 0, "packets": [[3, 10], [3, 9], [3, 9]], "reason": "order"},
        {"name": "back", "object": "fluo16", "chunk": 0, "packets": [[3, 10], [3, 9], [3, 10]], "reason": "order"},
        {"name": "before_the_coarser", "object": "fluo16", "chunk": 0, "packets": [[2, 10]], "reason": "order"},
        {
            "name": "too_far_before_the_coarser",
            "object": "fluo16",
            "chunk": 0,
            "packets": [[3, 10], [2, 10], [2, 9], [2, 8]],
            "reason": "order",
        },
        {"name": "no_resolution", "object": "fluo16", "chunk": 0, "packets": [[4, 10]], "reason": "argument"},
        {"name": "no_step", "object": "fluo16", "chunk": 0, "packets": [[3, 11]], "reason": "argument"},
        {"name": "labels_fine_first", "object": "labels_uint32", "chunk": 1, "packets": [[0, 0]], "reason": "order"},
        {"name": "labels_a_gap", "object": "labels_uint32", "chunk": 1, "packets": [[2, 0], [0, 0]], "reason": "order"},
        {"name": "few_fine_first", "object": "few_line", "chunk": 1, "packets": [[0, 0]], "reason": "order"},
        {"name": "few_a_gap", "object": "few_line", "chunk": 1, "packets": [[2, 0], [0, 0]], "reason": "order"},
        {"name": "few_twice", "object": "few_line", "chunk": 1, "packets": [[2, 0], [1, 0], [1, 0]], "reason": "order"},
    ]

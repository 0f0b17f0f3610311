"""Makes the vectors of this folder from real images: python codecs/vectors/make.py [DATA]; DATA is ../shared/data by default.

Objects are written, and what they decode to is found, by the reference codec (pyramid/ziggurat/reference), to which every other
implementation is then held. Run it when the format changes; see PROVENANCE.md for what the images are.
"""

from __future__ import annotations

import hashlib
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import broken
import numpy as np
import tifffile
from parts import front_nbytes, payloads
from PIL import Image

from ziggurat import reference
from ziggurat.errors import ZigguratError

HERE = Path(__file__).parent
DATA = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[2] / "shared" / "data"


def tiff(name, key=0):
    """One plane of a TIFF file."""
    return tifffile.imread(DATA / name, key=key)


def ct_slice():
    """Pixels of an uncompressed DICOM file are its last bytes."""
    data = (sorted((DATA / "CT16_GE_head").glob("*.dcm"))[4]).read_bytes()
    return np.frombuffer(data[-512 * 512 * 2 :], "<i2").reshape(512, 512)


def crop(image, y, x, height, width):
    """[planes 1, components 1 or 3, height, width]."""
    part = image[y : y + height, x : x + width]
    return np.moveaxis(part, -1, 0)[None] if part.ndim == 3 else part[None, None]


def images():
    """Name, pixels [planes, components, h, w], parameters of reference.encode."""
    fluo = tiff("fluo16_nuclear_protein_control_1192.tif")
    slide = tiff("HE_CMU-1-Small-Region.svs")
    noisy = tiff("fluo16_eres_noisy_512.tif")
    ihc = np.asarray(Image.open(DATA / "IHC_ihc_512.png").convert("RGB"))
    em = tiff("EM8_mito_er.tif")
    stack = tifffile.imread(DATA / "zstack8_drosophila_nuclear_envelope.tif")
    yield (
        "fluo16",
        crop(fluo, 500, 520, 44, 52),
        {"chunk": (32, 32), "decompositions": 5, "resolutions": 4, "first_step": 10, "coarse_step": 4},
    )
    yield (
        "slide_rgb",
        crop(slide, 1200, 900, 39, 45),
        {"chunk": (32, 32), "coding": 1, "decompositions": 4, "resolutions": 3, "first_step": 6},
    )
    yield (
        "tightness",
        crop(fluo, 300, 420, 21, 18),
        {"chunk": (32, 32), "decompositions": 4, "resolutions": 3, "first_step": 14},
    )
    yield (
        "slide_rgb_odd",
        crop(ihc, 101, 57, 29, 31),
        {"chunk": (512, 512), "coding": 1, "decompositions": 6, "resolutions": 4, "first_step": 7, "coarse_step": 0},
    )
    yield (
        "slide_no_colour",
        crop(ihc, 301, 257, 20, 24),
        {"chunk": (24, 24), "decompositions": 3, "resolutions": 1, "first_step": 6},
    )
    yield (
        "noisy16_odd",
        crop(noisy, 33, 44, 37, 53),
        {"chunk": (64, 64), "decompositions": 6, "resolutions": 7, "first_step": 9, "coarse_step": 10},
    )
    yield (
        "by_steps",
        np.concatenate([crop(fluo, 500, y, 40, 44) for y in (500, 600)]),
        {"chunk": (16, 32), "decompositions": 2, "resolutions": 3, "first_step": 10, "coarse_step": reference.BY_STEPS},
    )
    yield (
        "by_steps_rgb",
        crop(ihc, 101, 157, 35, 31),
        {"chunk": (64, 64), "coding": 1, "decompositions": 4, "resolutions": 3, "first_step": 7}
        | {"coarse_step": reference.BY_STEPS},
    )
    yield (
        "ct_int16",
        crop(ct_slice(), 200, 180, 40, 40),
        {"chunk": (16, 40), "decompositions": 4, "resolutions": 3, "first_step": 11, "fill": -1500},
    )
    yield (
        "offset32768",
        crop(tiff("fluo16_scanR_offset_1344.tif"), 300, 300, 33, 32),
        {"chunk": (33, 32), "decompositions": 3, "resolutions": 2, "first_step": 9},
    )
    yield (
        "times257",
        (crop(em, 90, 80, 32, 30).astype(np.uint16) * 257),
        {"chunk": (32, 32), "decompositions": 3, "resolutions": 2, "first_step": 6},
    )
    yield (
        "em_int8",
        (crop(em, 200, 200, 34, 33).astype(np.int16) - 128).astype(np.int8),
        {"chunk": (34, 33), "decompositions": 4, "resolutions": 2, "first_step": 0},
    )
    yield (
        "sharp",
        crop(noisy, 200, 210, 41, 38),
        {"chunk": (41, 38), "decompositions": 5, "resolutions": 4, "first_step": 9, "filters": 0b1111},
    )
    yield (
        "sharp_in_part",
        crop(slide, 1500, 400, 38, 47),
        {
            "chunk": (32, 32),
            "coding": 1,
            "decompositions": 4,
            "resolutions": 3,
            "first_step": 6,
            "filters": 0b101_010_110,
        },
    )
    yield (
        "sharp_alone",  # the first packet tells of filters only
        crop(fluo, 300, 420, 20, 26),
        {"chunk": (32, 32), "decompositions": 3, "resolutions": 3, "first_step": 31, "filters": 0b110},
    )
    yield from background_images(em, slide, noisy)
    yield (
        "means_of_uint32",
        crop(tiff("labels_uint32_maize.tif"), 100, 100, 30, 30).astype(np.uint32),
        {"chunk": (30, 30), "decompositions": 2, "resolutions": 2, "first_step": 8},
    )
    yield from label_images(stack)
    yield from float_images()
    yield from table_images(em, slide, fluo)
    yield from few_images(em, ihc, noisy)
    yield (
        "uint64",
        np.uint64(2**64 - 1) - crop(fluo, 540, 560, 18, 22).astype(np.uint64) * np.uint64(10**9 + 7),
        {"chunk": (16, 16), "decompositions": 3, "resolutions": 3, "first_step": 8, "fill": 2**64 - 5},
    )
    yield (
        "int64",
        crop(fluo, 540, 560, 18, 22).astype(np.int64) * 3 - 2**62,
        {"chunk": (32, 32), "decompositions": 3, "resolutions": 2, "first_step": 8, "fill": -(2**63)},
    )
    yield (
        "wide_int32",
        wide(crop(fluo, 540, 560, 18, 22)),
        {"chunk": (32, 32), "decompositions": 3, "resolutions": 3, "first_step": 24},
    )
    yield (
        "largest_span",
        largest_span(em),
        {"chunk": (16, 16), "coding": 1, "decompositions": 2, "resolutions": 2, "first_step": 27},
    )
    yield (
        "stack_planes",
        np.ascontiguousarray(stack[3:7, None, 90:112, 120:147]),
        {"chunk": (16, 16), "decompositions": 3, "resolutions": 2, "first_step": 6, "coarse_step": 3},
    )
    yield (
        "four_components",
        np.concatenate([crop(slide, 700, 400, 19, 26), crop(em, 10, 10, 19, 26)], 1),
        {"chunk": (8, 16), "coding": 1, "decompositions": 3, "resolutions": 2, "first_step": 5},
    )
    yield "sparse", sparse(fluo), {"chunk": (16, 16), "decompositions": 3, "resolutions": 3, "first_step": 10}
    yield (
        "one_pixel",
        np.full((1, 1, 1, 1), 77, np.uint8),
        {"chunk": (512, 512), "decompositions": 6, "resolutions": 4, "first_step": 6},
    )
    yield (
        "one_row",
        crop(noisy, 100, 0, 1, 90),
        {"chunk": (1, 128), "decompositions": 10, "resolutions": 8, "first_step": 9},
    )
    yield (
        "one_column",
        crop(noisy, 0, 100, 75, 1),
        {"chunk": (128, 128), "decompositions": 7, "resolutions": 1, "first_step": 9},
    )
    yield (
        "no_decomposition",
        crop(em, 0, 0, 17, 21),
        {"chunk": (8, 8), "decompositions": 0, "resolutions": 1, "first_step": 5, "coarse_step": 2},
    )
    yield "constant", np.full((1, 1, 9, 9), 1234, np.uint16), {"chunk": (9, 9), "fill": 0}


def background_images(em, slide, noisy):
    """As images(): the coarsest band told from a background, one of more than 16 bits among them."""
    few_steps = {"chunk": (32, 32), "decompositions": 3, "resolutions": 4}
    yield "background", crop(noisy, 300, 90, 37, 45), few_steps | {"first_step": 8, "background": 70}
    yield (
        "background_rgb",
        crop(slide, 1000, 1300, 34, 33),
        few_steps | {"coding": 1, "first_step": 7, "coarse_step": 3, "background": 150, "filters": 0b100_010_001_000},
    )
    yield (
        "background_of_all_components",
        np.concatenate([crop(em, 10, 10, 19, 26), crop(em, 60, 80, 19, 26)], 1),
        {"chunk": (19, 32), "decompositions": 2, "resolutions": 2, "first_step": 6, "background": 101},
    )
    yield (
        "background_wide",  # no sample of its coarsest band has 16 bits, some coefficients have
        wide(crop(noisy, 10, 30, 22, 25)),
        {"chunk": (32, 32), "decompositions": 4, "resolutions": 3, "first_step": 22, "background": (1 << 24) + 70_001},
    )
    yield (
        "background_above_int16",  # all coefficients have 15 bits, and the background almost
        crop(noisy, 10, 30, 22, 25) * np.uint16(55) + crop(noisy, 50, 30, 22, 25) % 7,
        {"chunk": (32, 32), "decompositions": 1, "resolutions": 2, "first_step": 15, "background": 30_000},
    )
    yield (
        "background_no_decomposition",
        crop(em, 30, 0, 9, 21),
        {"chunk": (8, 8), "decompositions": 0, "resolutions": 1, "first_step": 5, "background": 90},
    )
    yield (
        "background_float32",
        crop(tiff("float32_BPAE_actin.tif"), 100, 200, 21, 24),
        {"coding": 3, "chunk": (32, 32), "decompositions": 3, "resolutions": 3, "first_step": 11, "background": 300},
    )
    gamma = np.round((crop(em, 120, 90, 27, 31) / 255) ** 2.2 * 65_535).astype(np.uint16)
    table = {"first_step": 8, "codes": codes_of(gamma), "background": 60}
    yield "background_table", gamma, few_steps | table


def label_images(stack):
    """As images(): labels of every kind of dtype."""
    maize, nuclei = tiff("labels_uint32_maize.tif").astype(np.uint32), tiff("labels_uint16_nuclei_682.tif")
    hashed = crop(maize, 100, 200, 37, 41).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    small = {"coding": 2, "first_step": 0}
    yield (
        "labels_uint32",
        crop(maize, 100, 100, 61, 70),
        small | {"chunk": (32, 32), "decompositions": 4, "resolutions": 3, "coarse_step": 0, "fill": 1},
    )
    yield (
        "labels_uint16_odd",
        crop(nuclei, 200, 311, 53, 47),
        small | {"chunk": (64, 64), "decompositions": 7, "resolutions": 7},
    )
    yield "labels_uint64", hashed, small | {"chunk": (16, 16), "decompositions": 3, "resolutions": 3, "fill": 2**64 - 2}
    yield (
        "labels_int64",
        hashed.view(np.int64),
        small | {"chunk": (64, 64), "decompositions": 3, "resolutions": 2, "fill": -9},
    )
    yield (
        "labels_int8",
        (crop(nuclei, 200, 200, 30, 31).astype(np.int16) - 100).astype(np.int8),
        small | {"chunk": (31, 31), "decompositions": 1, "resolutions": 1},
    )
    yield (
        "mask_bool",
        crop(nuclei, 100, 100, 60, 50) > 0,
        small | {"chunk": (32, 32), "decompositions": 4, "resolutions": 4},
    )
    yield (
        "labels_components",
        np.ascontiguousarray(stack[3:5, None, 90:112, 120:147] // 32 + np.arange(2)[None, :, None, None]).astype(
            np.uint8
        ),
        small | {"chunk": (16, 16), "decompositions": 2, "resolutions": 2},
    )


def float_images():
    """As images(): floats that are whole numbers, quarters, rounded by their scale, and some that are not finite."""
    dapi = tiff("float32_spatialomics_dapi.tiff")
    actin = tiff("float32_BPAE_actin.tif")
    yield (
        "float32_whole",
        crop(actin, 300, 400, 28, 33),
        {"coding": 3, "chunk": (16, 32), "decompositions": 3, "resolutions": 3, "first_step": 11, "coarse_step": 5},
    )
    logarithm = np.log(crop(dapi, 400, 300, 24, 21))
    yield (
        "float32_log",
        logarithm,
        {"coding": 3, "chunk": (32, 32), "decompositions": 3, "resolutions": 2, "first_step": 20},
    )
    yield (
        "float64_special",
        special(crop(dapi, 400, 300, 20, 21).astype(np.float64) / 65_535),
        {"coding": 3, "chunk": (16, 16), "decompositions": 2, "resolutions": 2, "first_step": 24, "fill": 0x7FF8 << 48},
    )
    yield (
        "float16_special",
        special((crop(dapi, 100, 300, 20, 21) / 65_535).astype(np.float16)),
        {"coding": 3, "chunk": (32, 32), "decompositions": 3, "resolutions": 1, "first_step": 9},
    )
    every = np.arange(0, 1 << 16, 131, np.uint16)[:484].reshape(1, 1, 22, 22).view(np.float16)
    yield (
        "float16_every_kind",
        every,
        {"coding": 3, "chunk": (32, 32), "decompositions": 2, "resolutions": 2, "first_step": 12},
    )
    extremes = np.array([0.0, -0.0, 1e-45, -1e-45, 3.4e38, -3.4e38, 1.0, np.inf, np.nan], np.float32)
    yield (
        "float32_extremes",
        extremes[np.indices((1, 1, 9, 10)).sum(0) % 9],
        {"coding": 3, "chunk": (16, 16), "decompositions": 2, "resolutions": 2, "first_step": 26},
    )
    yield (
        "float32_no_number",
        np.full((1, 1, 7, 6), np.nan, np.float32),
        {"coding": 3, "chunk": (16, 16), "decompositions": 2, "resolutions": 2, "first_step": 1, "fill": 0x3F800000},
    )


def table_images(em, slide, fluo):
    """As images(): values that use few of their codes, unevenly spaced, by a table of these."""
    part = crop(em, 120, 90, 37, 41)
    grey = np.round(np.round(part * (32 / 255)) * (255 / 32)).astype(np.uint8)
    yield "table_grey_levels", grey, {"chunk": (16, 32), "resolutions": 3, "first_step": 5, "codes": codes_of(grey)}
    gamma = np.round((part / 255) ** 2.2 * 65_535).astype(np.uint16)
    yield (
        "table_gamma",
        gamma,
        {
            "chunk": (64, 64),
            "decompositions": 5,
            "resolutions": 4,
            "first_step": 8,
            "coarse_step": 2,
            "codes": codes_of(gamma),
        },
    )
    colours = np.round(crop(slide, 1200, 900, 30, 33) * 0.6).astype(np.uint8) * np.uint8(5) // np.uint8(3)
    yield "table_colours", colours, {"chunk": (32, 32), "coding": 1, "first_step": 7, "codes": codes_of(colours)}
    level = crop(fluo, 540, 560, 18, 22).astype(np.int64) % 97
    # Distances of at most 52 bits, which JavaScript's numbers hold.
    wide = (
        np.array((-(2**51), -(2**50), -(9**15), -1000, -17, -1, 0, 1, 5, 77, 2**20, 3**31, 2**49, 2**50 + 1, 2**51 - 1))
        << 12
    )
    yield "table_int64", wide[level % 15], {"chunk": (8, 32), "first_step": 5, "codes": codes_of(wide)}
    signed = (level - 48).astype(np.int8) // 7 * 7 + (level % 7 == 0)
    # Codes that no pixel has, as between those of a stretched contrast.
    signed_codes = tuple(sorted({*range(-49, 50, 7), *codes_of(signed)}))
    yield "table_int8", signed.astype(np.int8), {"chunk": (32, 32), "first_step": 0, "codes": signed_codes}
    yield "table_one_code", np.full((1, 1, 5, 4), 300, np.uint32), {"chunk": (8, 8), "codes": (300,)}


def few_images(em, ihc, noisy):
    """As images(): few values, pixel by pixel."""
    few = {"coding": 4, "first_step": 0}
    part = crop(em, 120, 90, 44, 52)
    yield (
        "few_grey_levels",
        np.round(part * (11 / 255)).astype(np.uint8) * np.uint8(23),
        few | {"chunk": (64, 64), "decompositions": 5, "resolutions": 4},
    )
    thirds = (crop(ihc[..., 1], 101, 57, 33, 47) // 8 - 16).astype(np.int8)
    yield "few_int8_odd", thirds, few | {"chunk": (64, 64), "decompositions": 4, "resolutions": 3, "coarse_step": 1}
    mask = (crop(tiff("labels_uint16_nuclei_682.tif"), 200, 311, 61, 50) > 0) * np.uint16(65_535)
    yield "few_two_values", mask, few | {"chunk": (64, 64), "decompositions": 8, "resolutions": 8}
    yield "few_span_255", stretched(crop(noisy, 200, 210, 31, 27)), few | {"chunk": (32, 32), "resolutions": 3}
    wide = crop(em, 10, 10, 19, 26).astype(np.int32) // 6 * np.int32(50_000_017) - np.int32(2**30)
    yield "few_int32", wide, few | {"chunk": (8, 16), "decompositions": 2, "resolutions": 2, "fill": -(2**31)}
    gamma = np.round((np.round(part / 6) / 42) ** 2.2 * 65_535).astype(np.uint16)
    yield "few_table", gamma, few | {"chunk": (44, 32), "resolutions": 3, "codes": codes_of(gamma)}
    line = np.round(np.round(part * (32 / 255)) * (255 / 32)).astype(np.uint8)
    codes = tuple(np.round(np.arange(33) * (255 / 32)).astype(int).tolist())
    yield "few_line", line, few | {"chunk": (16, 32), "decompositions": 4, "resolutions": 3, "codes": codes}
    yield "few_sparse", few_sparse(em), few | {"chunk": (16, 16), "decompositions": 3, "resolutions": 3, "fill": 9}
    yield "few_one_resolution", thirds[..., :21, :30], few | {"chunk": (32, 32), "decompositions": 10, "resolutions": 1}
    one = np.full((1, 1, 1, 1), 77, np.uint8)
    yield "few_one_pixel", one, few | {"chunk": (8, 8), "decompositions": 2, "resolutions": 2, "codes": (7, 77)}
    yield "few_one_row", line[..., :1, :37], few | {"chunk": (8, 64), "decompositions": 2, "resolutions": 1}
    yield "few_one_column", line[..., :37, :1], few | {"chunk": (64, 8), "decompositions": 0, "resolutions": 1}


def stretched(pixels):
    """All 256 values of a byte, as far as they go."""
    low, high = int(pixels.min()), int(pixels.max())
    return np.round((pixels.astype(np.float64) - low) * (255 / (high - low))).astype(np.uint8)


def few_sparse(em):
    """Two planes of chunks: absent ones, one of the least value, without bytes, and some of blocks, with empty packets."""
    pixels = np.full((2, 1, 40, 48), 9, np.uint8)
    grey = em[300:316, 300:316] // 16
    pixels[0, 0, :16, :16] = grey + 1
    pixels[0, 0, 16:32, 16:32] = 0
    pixels[0, 0, 16:32, 32:] = np.repeat(np.repeat(grey[:8, :8], 2, 0), 2, 1)
    pixels[1, 0, :16, 16:32] = np.repeat(np.repeat(grey[:4, :4], 4, 0), 4, 1) + 1 + np.indices((16, 16)).sum(0) % 2
    pixels[1, 0, 32:, 5:40] = em[40:48, 40:75] // 20
    return pixels


def codes_of(pixels):
    """The values that pixels have."""
    return tuple(np.unique(pixels).tolist())


def special(pixels):
    """Every kind of number that is none, a NaN with bits of its own, a negative zero, and the smallest there is."""
    pixels = pixels.copy()
    flat, bits = pixels.reshape(-1), pixels.reshape(-1).view(f"u{pixels.itemsize}")
    flat[[3, 40, 41, 42, 200]] = np.inf, np.nan, np.nan, -np.inf, -0.0
    pixels[..., 12:15, 4:9] = np.nan
    bits[7] = 1
    bits[8] = bits[40] | 5
    return pixels


def wide(pixels):
    """Values of 27 bits, negative ones among them."""
    return (pixels.astype(np.int64) * 30_000 + pixels.astype(np.int64) * 7_919 % 30_000 - (1 << 26)).astype(np.int32)


def largest_span(em):
    """Components between the ends of the largest span, so that colour transform and wavelet grow as far as they can."""
    part = crop(em, 50, 60, 15, 16)[0, 0].astype(np.int64)
    flip = (np.indices(part.shape).sum(0) % 2).astype(bool)
    top = (1 << 27) - 1
    red, green = np.where(flip, top, part), np.where(flip, 0, top - part)
    return np.stack([red, green, red[::-1]]).astype(np.uint32)[None]


def sparse(fluo):
    """Chunks that are absent, all fill, and one with pixels of one value that is not the fill value."""
    pixels = np.zeros((1, 1, 40, 48), np.uint16)
    pixels[0, 0, 3:14, 18:30] = fluo[540:551, 560:572]
    pixels[0, 0, 32:, 32:] = 500
    return pixels


def with_extent(data, height, width):
    """The same shard in a larger one whose extent ends where it did."""
    header = reference.Header.parse(data)
    larger = header.replace(height=height, width=width)
    chunks, present = {}, payloads(data)
    for ordinal in range(larger.chunks):
        rect = larger.chunk_rect(ordinal)
        if rect.empty:
            continue
        old = (
            rect.plane * header.grid_h + rect.y // header.chunk_height
        ) * header.grid_w + rect.x // header.chunk_width
        if old in present:
            chunks[ordinal] = present[old]
    return reference.assemble(larger, chunks)


def with_tightness(data):
    """The same shard with every tightness there can be, wherever it may be told."""
    header = reference.Header.parse(data)
    tightness = np.fromfunction(
        lambda n, i: (1 + n + i) % 16 * (n <= header.decompositions) * (i < header.first_step), (6, 16), dtype=int
    )
    return reference.assemble(header.replace(tightness=tightness.astype(np.uint8).tobytes()), payloads(data))


def pin(data, level, step, nbytes):
    """What the first ``nbytes`` of an object decode to."""
    pixels = reference.decode(data[:nbytes], level=level, step=step)
    little = pixels.astype(pixels.dtype.newbyteorder("<"))
    return {
        "nbytes": nbytes,
        "level": level,
        "step": step,
        "shape": list(pixels.shape),
        "sha256": hashlib.sha256(little.tobytes()).hexdigest(),
    }


def pins(data):
    """Every level, every step, and some beginnings of the object."""
    header = reference.Header.parse(data)
    whole, front = len(data), front_nbytes(data)
    tiles = header.resolutions if header.grid_h * header.grid_w > 1 else header.decompositions + 1
    found = [pin(data, level, 0, whole) for level in range(tiles)]
    found += [pin(data, 0, step, whole) for step in range(1, header.first_step + 1)]
    return found + [pin(data, 0, 0, front + (whole - front) * part // 7) for part in (0, 1, 3, 6)]


def bounds(data):
    """Guaranteed errors [level][step], of all resolutions known to one step."""
    header = reference.Header.parse(data)
    steps = range(header.first_step + 2)
    return [
        [reference.error_bound(header, level, [step] * header.resolutions) for step in steps]
        for level in range(header.decompositions + 1)
    ]


MEASURED = {
    *("background", "background_rgb", "background_table"),
    *("slide_rgb_odd", "float32_log", "table_gamma", "noisy16_odd", "sharp", "sharp_in_part"),
    *("few_grey_levels", "few_two_values", "few_table", "few_sparse"),
}
"""Those that promise what was measured, for which the reference decodes everything once more."""


def make_good(name, pixels, parameters):
    """An object, and what it decodes to."""
    data = reference.encode(pixels, **parameters, tight=name in MEASURED)
    if reference.decode(data).tobytes() != pixels.tobytes():
        raise SystemExit(f"{name} does not come back")
    if name == "tightness":
        data = with_tightness(data)
    if name == "stack_planes":
        data = with_extent(data, 48, 40)
    return data, {"name": name, "dtype": pixels.dtype.name, "errors": bounds(data), "pixels": pins(data)}


def write_good(pool):
    """Objects that decode."""
    given = list(images())
    made = list(pool.map(make_good, *zip(*given, strict=True)))
    for data, entry in made:
        (HERE / "good" / f"{entry['name']}.zgrt").write_bytes(data)
    return [entry for _, entry in made]


def check_bad(name, data, reason):
    """See that an object is refused for the right reason."""
    try:
        reference.decode(data)
    except ZigguratError as error:
        if error.reason != reason:
            raise SystemExit(f"{name}: refused for {error.reason}, not for {reason}") from error
    else:
        raise SystemExit(f"{name} was not refused")


def write_bad(pool):
    """Objects that must be refused."""
    given = list(broken.objects())
    list(pool.map(check_bad, *zip(*given, strict=True), chunksize=8))
    for name, data, _ in given:
        (HERE / "bad" / f"{name}.zgrt").write_bytes(data)
    return [{"name": name, "reason": reason} for name, _, reason in given]


def main():
    """Write all."""
    for folder in (HERE / "good", HERE / "bad"):
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.zgrt"):
            old.unlink()
    with ProcessPoolExecutor() as pool:
        manifest = {"good": write_good(pool), "bad": write_bad(pool), "sequences": broken.sequences()}
    text = json.dumps(manifest, indent=1)
    (HERE / "manifest.json").write_text(text + "\n")


if __name__ == "__main__":
    main()

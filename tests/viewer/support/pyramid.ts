/** What an ordinary viewer fetches of an image: each chunk that is in view, whole, of a zstd OME-Zarr pyramid. */
import { python } from "./server.ts";

/** As most pyramids have it, at every level. */
const CHUNK = 512;

export interface Look {
  readonly stage: string;
  readonly level: number;
  /** In pixels of level 0. */
  readonly region: { readonly y: readonly [number, number]; readonly x: readonly [number, number] };
  readonly at: { readonly [axis: string]: number };
  readonly channels: readonly number[];
}

/** Compresses as zarr-python does where nothing else is said: zstd at its own default level, one chunk at a time. */
const PROGRAM = `
import json, sys
import numpy as np
import ziggurat
from numcodecs import Zstd
image = ziggurat.open(sys.argv[1])
codec = Zstd(level=0)
sizes = []
for level, place, y, x in json.loads(sys.argv[2]):
    named = {axis: index for axis, index in place.items() if axis in image.axes}
    shape = dict(zip(image.axes, image.levels[level].shape))
    y1, x1 = (min(start + ${CHUNK}, shape[axis]) for axis, start in (("y", y), ("x", x)))
    pixels = np.asarray(image.read(level=level, y=slice(y, y1), x=slice(x, x1), **named)).squeeze()
    whole = np.zeros((${CHUNK}, ${CHUNK}, *pixels.shape[2:]), pixels.dtype)
    whole[: pixels.shape[0], : pixels.shape[1]] = pixels
    sizes.append(len(codec.encode(whole.tobytes())))
print(json.dumps(sizes))
`;

/** @returns bytes of each stage, of chunks that were not seen in a stage before */
export function fetchedWhole(path: string, looks: readonly Look[]): Map<string, number> {
  const stages = new Map<string, string>(); // chunks, and when they were seen first
  for (const { stage, level, region, at, channels } of looks) {
    const starts = ([start, stop]: readonly [number, number]): number[] => {
      const [first, end] = [Math.floor(Math.max(0, start) / 2 ** level / CHUNK), Math.ceil(stop / 2 ** level / CHUNK)];
      return Array.from({ length: Math.max(0, end - first) }, (_, index) => (first + index) * CHUNK);
    };
    for (const c of channels) for (const y of starts(region.y)) for (const x of starts(region.x)) {
      const chunk = JSON.stringify([level, { ...at, c }, y, x]);
      if (!stages.has(chunk)) stages.set(chunk, stage);
    }
  }
  const sizes = JSON.parse(python(PROGRAM, path, `[${[...stages.keys()].join()}]`).toString()) as number[];
  const sums = new Map<string, number>();
  [...stages.values()].forEach((stage, index) => sums.set(stage, (sums.get(stage) ?? 0) + sizes[index]!));
  return sums;
}

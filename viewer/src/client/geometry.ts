/** Which chunk lies where: pure arithmetic over a description. Names and ordinals as in codecs/SPEC.md, section 1. */
import type { Description, StoredArray } from "./description.ts";
import type { ChunkAddress, Region } from "./events.ts";

/** A chunk's name in maps: "array/shard/chunk". */
export type ChunkKey = string;

export interface ChunkPlace {
  readonly key: ChunkKey;
  readonly address: ChunkAddress;
  /** As `planeOf` names it. */
  readonly plane: string;
  /** Row and column in the grid of all chunks of the plane. */
  readonly row: number;
  readonly column: number;
  /** Rectangle in pixels of the stored array, clipped to it. */
  readonly y: number;
  readonly x: number;
  readonly height: number;
  readonly width: number;
}

export const keyOf = (array: number, shard: number, chunk: number): ChunkKey => `${array}/${shard}/${chunk}`;

export const addressOf = (key: ChunkKey): ChunkAddress => key.split("/").map(Number) as unknown as ChunkAddress;

/** Pixels along a side at decode level n. */
export const levelSize = (size: number, level: number): number => Math.ceil(size / 2 ** level);

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** A position on one axis, as the shard's place on that axis and the chunk's place in the shard. */
interface Split {
  readonly shard: number;
  readonly chunk: number;
}

interface Span extends Split {
  readonly place: number;
  readonly start: number;
  readonly size: number;
}

/** The chunks on one axis that touch [from, to), in order. A chunk never reaches beyond its shard. */
export function spansOnAxis(size: number, shardSize: number, chunkSize: number, from: number, to: number): Span[] {
  const perShard = Math.ceil(shardSize / chunkSize);
  const spans: Span[] = [];
  const first = Math.max(0, from);
  const end = Math.min(size, to);
  if (first >= end) return spans;
  const firstShard = Math.floor(first / shardSize);
  let shard = firstShard;
  let chunk = Math.floor((first - shard * shardSize) / chunkSize);
  for (;;) {
    const start = shard * shardSize + chunk * chunkSize;
    if (start >= end) return spans;
    const length = Math.min(chunkSize, shardSize - chunk * chunkSize, size - start);
    spans.push({ shard, chunk, place: shard * perShard + chunk, start, size: length });
    if (++chunk === perShard) {
      chunk = 0;
      shard++;
    }
  }
}

export type At = { readonly [axis: string]: number };

/** Where the axes before y and x are read. */
function leadingSplits(description: Description, array: StoredArray, channel: number, at: At): Split[] {
  return description.axes.slice(0, -2).map((name, axis) => {
    const index = name === "c" ? (description.rgb ? 0 : channel) : (at[name] ?? 0);
    return splitLeading(array, axis, index);
  });
}

function splitLeading(array: StoredArray, axis: number, index: number): Split {
  const shardSize = array.shardShape[axis]!;
  return { shard: Math.floor(index / shardSize), chunk: Math.floor((index % shardSize) / array.chunkShape[axis]!) };
}

/** C-order ordinals of shards and chunks: `counts` is a grid, `places` a place in it. */
function ordinal(counts: readonly number[], places: readonly number[]): number {
  return counts.reduce((sum, count, axis) => sum * count + places[axis]!, 0);
}

const chunkCountsOf = (array: StoredArray): number[] =>
  array.shardShape.map((size, axis) => Math.ceil(size / array.chunkShape[axis]!));

/** Where a shard lies in its array's grid of shards. */
export function shardCoordinates(array: StoredArray, shard: number): number[] {
  const places: number[] = [];
  let rest = shard;
  for (let axis = array.shape.length - 1; axis >= 0; axis--) {
    const count = Math.ceil(array.shape[axis]! / array.shardShape[axis]!);
    places.unshift(rest % count);
    rest = Math.floor(rest / count);
  }
  return places;
}

/** Names one plane of one stored array: its chunks are those to be seen side by side. */
export function planeOf(description: Description, arrayIndex: number, channel: number, at: At): string {
  const array = description.arrays[arrayIndex]!;
  const counts = chunkCountsOf(array);
  const splits = leadingSplits(description, array, channel, at);
  return `${arrayIndex}:${splits.map(({ shard, chunk }, axis) => shard * counts[axis]! + chunk).join(",")}`;
}

/** The chunks of one stored array that a region of level 0 touches, those nearest its centre first. */
export function chunksInRegion(
  description: Description,
  arrayIndex: number,
  channel: number,
  at: At,
  region: Region,
): ChunkPlace[] {
  const array = description.arrays[arrayIndex]!;
  const leading = leadingSplits(description, array, channel, at);
  const shardCounts = array.shape.map((size, axis) => Math.ceil(size / array.shardShape[axis]!));
  const chunkCounts = chunkCountsOf(array);
  const plane = planeOf(description, arrayIndex, channel, at);
  const scale = 2 ** array.level;
  const [spansY, spansX] = (["y", "x"] as const).map((name, index) => {
    const axis = array.shape.length - 2 + index;
    const [from, to] = region[name];
    const sizes = [array.shape, array.shardShape, array.chunkShape].map((shape) => shape[axis]!) as [number, number, number];
    return spansOnAxis(...sizes, Math.floor(from / scale), Math.ceil(to / scale));
  }) as [Span[], Span[]];

  const places: ChunkPlace[] = [];
  for (const y of spansY) {
    for (const x of spansX) {
      const shard = ordinal(shardCounts, [...leading.map((split) => split.shard), y.shard, x.shard]);
      const chunk = ordinal(chunkCounts, [...leading.map((split) => split.chunk), y.chunk, x.chunk]);
      const key = keyOf(arrayIndex, shard, chunk);
      const rectangle = { y: y.start, x: x.start, height: y.size, width: x.size };
      places.push({ key, address: [arrayIndex, shard, chunk], plane, row: y.place, column: x.place, ...rectangle });
    }
  }
  return centreFirst(places, region, scale);
}

function centreFirst(places: ChunkPlace[], region: Region, scale: number): ChunkPlace[] {
  const centreY = (region.y[0] + region.y[1]) / 2 / scale;
  const centreX = (region.x[0] + region.x[1]) / 2 / scale;
  const distance = (place: ChunkPlace): number =>
    (place.y + place.height / 2 - centreY) ** 2 + (place.x + place.width / 2 - centreX) ** 2;
  return places.sort((a, b) => distance(a) - distance(b));
}

/** How many chunks one plane of a stored array has. */
export function chunksPerPlane(array: StoredArray): number {
  const counts = [-2, -1].map((axis) => {
    const [size, shardSize, chunkSize] = [array.shape, array.shardShape, array.chunkShape].map((shape) => shape.at(axis)!);
    return spansOnAxis(size!, shardSize!, chunkSize!, 0, size!).length;
  });
  return product(counts);
}

/** How many planes an image has to show: the sizes of all axes but y, x and, for an RGB image, c. */
export function planeCount(description: Pick<Description, "axes" | "shape" | "rgb">): number {
  return product(description.shape.slice(0, -2).filter((_, axis) => !(description.rgb && description.axes[axis] === "c")));
}

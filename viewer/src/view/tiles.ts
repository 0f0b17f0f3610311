/** The pictures that lie on the GPU, and how good each is. */
import type { ChunkKey, ChunkPlace } from "../client/geometry.ts";
import type { Picture } from "../client/refine.ts";

export interface Tile {
  readonly place: ChunkPlace;
  readonly array: number;
  /** Where it lies in the texture; undefined for one that is `fill` throughout. */
  slot: number | undefined;
  /** The mip levels that were uploaded, and the guaranteed error of each as it lies there. */
  readonly mips: Map<number, number>;
  /** The guaranteed error at every level by what was known at the last upload. */
  errors: readonly number[];
  fill: number | undefined;
  /** Some of its values, of all components: to ask the graphics card for them would make the page wait for all that is drawn. */
  samples: readonly number[];
  /** Grows with each change. */
  version: number;
}

export class Tiles {
  private readonly byKey = new Map<ChunkKey, Tile>();
  private readonly byPlace = new Map<string, Tile>();
  private versions = 0;

  get(key: ChunkKey): Tile | undefined {
    return this.byKey.get(key);
  }

  values(): Iterable<Tile> {
    return this.byKey.values();
  }

  keys(): ChunkKey[] {
    return [...this.byKey.keys()];
  }

  /** The chunk next to another in its plane. */
  neighbour({ place }: Tile, down: number, right: number): Tile | undefined {
    return this.byPlace.get(`${place.plane}/${place.row + down}/${place.column + right}`);
  }

  /** Says that a tile looks different now. */
  changed(tile: Tile): void {
    tile.version = ++this.versions;
  }

  add(place: ChunkPlace): Tile {
    const tile: Tile = { place, array: place.address[0], slot: undefined, mips: new Map(), errors: [], fill: undefined, samples: [], version: ++this.versions };
    this.byKey.set(place.key, tile);
    this.byPlace.set(`${place.plane}/${place.row}/${place.column}`, tile);
    return tile;
  }

  remove(key: ChunkKey): void {
    const tile = this.byKey.get(key);
    if (tile === undefined) return;
    this.byKey.delete(key);
    this.byPlace.delete(`${tile.place.plane}/${tile.place.row}/${tile.place.column}`);
  }

  clear(): void {
    this.byKey.clear();
    this.byPlace.clear();
  }
}

/** As many values of a chunk and component stand for all of them. */
const SAMPLES = 4096;

/** Takes some values of a picture, unless there are more of a finer one. */
export function sample(tile: Tile, { pixels, height, width }: Pick<Picture, "pixels" | "height" | "width">): void {
  if (pixels.length < tile.samples.length) return;
  const stride = Math.max(1, Math.floor((height * width) / SAMPLES)) | 1; // odd, so that they do not lie below each other
  tile.samples = Array.from({ length: Math.ceil(pixels.length / stride) }, (_, index) => pixels[index * stride]!);
}

/** A picture is taken unless the one that is there is better: what is seen never gets worse. */
export function improves(tile: Tile, picture: Picture): boolean {
  return picture.errors[picture.level]! <= (tile.mips.get(picture.level) ?? Infinity);
}

/**
 * The mip level to show where decode level `wanted` should be: that one; else a finer one, which holds more; else the next
 * coarser one. Undefined while there is none.
 */
export function shownMip(tile: Tile, wanted: number): number | undefined {
  if (tile.mips.has(wanted)) return wanted;
  const there = [...tile.mips.keys()];
  const finer = there.filter((mip) => mip < wanted);
  if (finer.length > 0) return Math.max(...finer);
  return there.length > 0 ? Math.min(...there) : undefined;
}

/** The guaranteed error of a tile at a decode level, by what is known; 0 where it is fill. */
export function errorAt(tile: Tile, level: number): number {
  if (tile.fill !== undefined) return 0;
  return tile.errors[Math.min(level, tile.errors.length - 1)] ?? Infinity;
}

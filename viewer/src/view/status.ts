/** How far the picture on the screen has come: pure. */
import type { At, ChunkKey, ChunkPlace } from "../client/geometry.ts";
import { errorAt, type Tile } from "./tiles.ts";

export interface Progress {
  /** The largest guaranteed error of what is on the screen, at the level that is shown; Infinity while a chunk is missing at it. */
  readonly maxError: number;
  /** All that is on the screen is, at its level, what was stored. */
  readonly exact: boolean;
  /** Chunks on the screen, and how many of them are exact. */
  readonly chunks: number;
  readonly exactChunks: number;
}

export interface Status extends Progress {
  readonly bytesReceived: number;
  /** The level on the screen, and whether all is here that was asked for. */
  readonly level: number;
  readonly settled: boolean;
  /** Bytes received when the whole screen showed something for the first time. */
  readonly firstPictureBytes: number | undefined;
  readonly connected: boolean;
  /** The indices that are on the screen. */
  readonly shownAt: At;
  /** Chunks that cannot be shown, and why. */
  readonly damaged: ReadonlyMap<ChunkKey, string>;
  readonly error: string | undefined;
}

export function progressOf(
  places: readonly ChunkPlace[],
  tile: (key: ChunkKey) => Tile | undefined,
  decode: number,
): Progress {
  let maxError = places.length === 0 ? Infinity : 0;
  let exactChunks = 0;
  for (const { key } of places) {
    const found = tile(key);
    const error = found === undefined ? Infinity : errorAt(found, decode);
    maxError = Math.max(maxError, error);
    // Known is not enough: its picture at this level may still be to be made.
    if (found !== undefined && (found.fill !== undefined || found.mips.get(decode) === 0)) exactChunks++;
  }
  return { maxError, exact: places.length > 0 && exactChunks === places.length, chunks: places.length, exactChunks };
}

export function readableBytes(nbytes: number): string {
  if (nbytes < 1000) return `${nbytes} B`;
  const [value, unit] = nbytes < 1e6 ? [nbytes / 1e3, "kB"] : nbytes < 1e9 ? [nbytes / 1e6, "MB"] : [nbytes / 1e9, "GB"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** An error as people read it: few digits, never too little, and never 0 unless it is. */
export function readableError(error: number): string {
  if (error >= 10) return String(Math.round(error));
  if (error >= 0.1) return String(Math.ceil(error * 10) / 10);
  const digits = error.toPrecision(2);
  return String(Number(digits) >= error ? Number(digits) : Number((error * 1.05).toPrecision(2)));
}

/** A value as it is stored: of 32-bit floats, as few digits as tell it from all others. */
export function readableValue(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return Object.is(value, -0) ? "-0" : String(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** Values that lie on the GPU: those under the pointer, and whole rectangles of level 0. */
import { chunksInRegion } from "../client/geometry.ts";
import { extentOf } from "./sprites.ts";
import type { Point } from "./camera.ts";
import type { Viewer } from "./viewer.ts";

export interface Reading {
  readonly channel: number;
  /** One a component. */
  readonly values: readonly number[];
  /** The guaranteed error of each. */
  readonly error: number;
  /** The level it was read at: beyond 0 it is a mean of 2^level × 2^level pixels. */
  readonly level: number;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** What is seen at a point of the image, for each visible channel that shows something there. */
export function readingsAt(viewer: Viewer, { y, x }: Point): Reading[] {
  const { description } = viewer;
  return viewer.current.looks.flatMap(({ visible }, channel) => {
    if (!visible) return [];
    const seen = viewer.layered(channel).find(({ tile }) => {
      const [left, top, right, bottom] = extentOf(description, tile);
      return x >= left && x < right && y >= top && y < bottom;
    });
    if (seen === undefined) return [];
    const { tile, mip } = seen;
    const level = description.arrays[tile.array]!.level + mip;
    const [left, top] = extentOf(description, tile);
    const [row, column] = [Math.floor((y - top) / 2 ** level), Math.floor((x - left) / 2 ** level)];
    const values = range(viewer.components).map((component) => viewer.read(tile, component, mip, row, column, 1, 1)[0]!);
    return [{ channel, values, error: tile.fill === undefined ? tile.mips.get(mip)! : 0, level }];
  });
}

/**
 * A rectangle of level 0, as the viewer holds it.
 * @param channel a channel, or for an RGB image a component
 * @returns (y1 - y0) × (x1 - x0) values in C order, and the largest guaranteed error among them
 * @throws RangeError where some of it is not held at level 0
 */
export function levelZeroValues(
  viewer: Viewer,
  channel: number,
  [y0, y1]: readonly [number, number],
  [x0, x1]: readonly [number, number],
): { values: number[]; maxError: number } {
  const { description } = viewer;
  const [component, ofChannel] = description.rgb ? [channel, 0] : [0, channel];
  const values = new Array<number>((y1 - y0) * (x1 - x0)).fill(Number.NaN);
  let maxError = 0;
  for (const place of chunksInRegion(description, 0, ofChannel, viewer.current.at, { y: [y0, y1], x: [x0, x1] })) {
    const tile = viewer.tile(place.key);
    const error = tile?.fill !== undefined ? 0 : tile?.mips.get(0);
    if (tile === undefined || error === undefined) throw new RangeError(`chunk ${place.key} is not held at level 0`);
    maxError = Math.max(maxError, error);
    const [top, left] = [Math.max(y0, place.y), Math.max(x0, place.x)];
    const [bottom, right] = [Math.min(y1, place.y + place.height), Math.min(x1, place.x + place.width)];
    const [height, width] = [bottom - top, right - left];
    const read = viewer.read(tile, component, 0, top - place.y, left - place.x, height, width);
    for (let index = 0; index < height * width; index++) {
      const [y, x] = [top + Math.floor(index / width), left + (index % width)];
      values[(y - y0) * (x1 - x0) + x - x0] = read[index]!;
    }
  }
  return { values, maxError };
}

/** Some of the values of a channel that are on the screen. */
export const samplesOf = (viewer: Viewer, channel: number): number[] => viewer.layered(channel).flatMap(({ tile }) => tile.samples);

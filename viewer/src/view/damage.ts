/** Where damaged chunks lie on the screen: pure. */
import type { Description } from "../client/description.ts";
import type { ChunkPlace } from "../client/geometry.ts";
import { toScreen, type Camera, type Size } from "./camera.ts";
import { extentOf } from "./sprites.ts";

export interface Damage {
  readonly key: string;
  readonly message: string;
  /** CSS pixels from the canvas's top left, clipped to it. */
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/**
 * @param places chunks of the present view
 * @param damaged why, by "array/shard/chunk", or "array/shard" where all of a shard is
 */
export function damageOnScreen(
  description: Description,
  places: Iterable<ChunkPlace>,
  damaged: ReadonlyMap<string, string>,
  camera: Camera,
  screen: Size,
): Damage[] {
  if (damaged.size === 0) return [];
  return [...places].flatMap((place) => {
    const [array, shard] = place.address;
    const message = damaged.get(place.key) ?? damaged.get(`${array}/${shard}`);
    if (message === undefined) return [];
    const [x0, y0, x1, y1] = extentOf(description, { array, place });
    const [first, last] = [toScreen(camera, screen, { y: y0, x: x0 }), toScreen(camera, screen, { y: y1, x: x1 })];
    const [top, left] = [Math.max(0, first.y), Math.max(0, first.x)];
    const [height, width] = [Math.min(screen.height, last.y) - top, Math.min(screen.width, last.x) - left];
    return height > 0 && width > 0 ? [{ key: place.key, message, top, left, height, width }] : [];
  });
}

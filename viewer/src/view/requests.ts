/** From what is on the screen to what is asked for: pure. */
import type { Description } from "../client/description.ts";
import type { Region, View } from "../client/events.ts";
import { chunksInRegion, type At, type ChunkKey, type ChunkPlace } from "../client/geometry.ts";
import type { Unseen } from "./camera.ts";
import { invisibleError, type ChannelLook } from "./channels.ts";

/** Everything that a view is made from. */
export interface Scene {
  readonly level: number;
  readonly region: Region;
  readonly at: At;
  readonly looks: readonly ChannelLook[];
  readonly exact: boolean;
  /** What of it nobody sees; one grey where left out. */
  readonly unseen?: Unseen;
}

export function viewOf({ labels }: Description, scene: Scene): Omit<View, "image"> {
  const { level, region, at, exact } = scene;
  const { greys, spare } = scene.unseen ?? { greys: 1, spare: 0 };
  const channels = scene.looks.flatMap((look, index) =>
    look.visible ? [{ index, max_error: labels ? 0 : greys * invisibleError(look) }] : [],
  );
  return { level, region, at, channels, exact, coarser: true, ...(spare > 0 && { spare }) };
}

/** The decode level at which chunks of a stored array are looked at when `level` is on the screen. */
export function decodeLevel(description: Description, arrayIndex: number, level: number): number {
  return Math.max(0, level - description.arrays[arrayIndex]!.level);
}

/** The chunks that the screen shows, of the array of its level, for one channel. */
export function targetChunks(description: Description, scene: Scene, channel: number): ChunkPlace[] {
  return chunksInRegion(description, description.levels[scene.level]!.array, channel, scene.at, scene.region);
}

/**
 * Which chunks to make pictures of, and at which decode level: those of the coarser arrays first, as they are few and cover
 * much; then those of the level that is shown. What is not held yet of them will come.
 */
export function wantedChunks(description: Description, scene: Scene): Map<ChunkKey, { place: ChunkPlace; level: number }> {
  const wanted = new Map<ChunkKey, { place: ChunkPlace; level: number }>();
  const target = description.levels[scene.level]!.array;
  const channels = scene.looks.flatMap(({ visible }, index) => (visible ? [index] : []));
  for (let array = description.arrays.length - 1; array >= target; array--) {
    const level = decodeLevel(description, array, scene.level);
    const lists = channels.map((channel) => chunksInRegion(description, array, channel, scene.at, scene.region));
    const longest = Math.max(0, ...lists.map((list) => list.length));
    for (let index = 0; index < longest; index++) {
      for (const list of lists) {
        const place = list[index];
        if (place !== undefined) wanted.set(place.key, { place, level });
      }
    }
  }
  return wanted;
}

/** Moving along z, t and the like, and what will be looked at next: pure. */
import type { Description } from "../client/description.ts";
import type { View } from "../client/events.ts";
import type { At } from "../client/geometry.ts";
import { viewOf, type Scene } from "./requests.ts";
import { steppedAxes } from "./state.ts";

/** The axis that was last moved along, and the way. */
export interface Motion {
  readonly axis: string;
  readonly by: 1 | -1;
}

/** How many places ahead are fetched. */
const PLACES_AHEAD = 2;
/** Fetched this many levels coarser than the screen, and this many times less precise: a sixteenth of the pixels, three bits less. */
const LEVELS_COARSER = 2;
const LESS_PRECISE = 8;

/** @param wrap whether the first place follows the last one; else the end is the end */
export function steppedAt(description: Description, at: At, { axis, by }: Motion, wrap: boolean): At {
  const size = steppedAxes(description).find(({ name }) => name === axis)?.size ?? 1;
  const index = (at[axis] ?? 0) + by;
  return { ...at, [axis]: wrap ? (index + size) % size : Math.min(Math.max(index, 0), size - 1) };
}

/** Undefined where nothing moved, or more than one axis. */
export function motionBetween(before: At, after: At): Motion | undefined {
  const moved = Object.keys(after).filter((axis) => (before[axis] ?? 0) !== (after[axis] ?? 0));
  const [axis] = moved;
  if (axis === undefined || moved.length > 1) return undefined;
  return { axis, by: (after[axis] ?? 0) > (before[axis] ?? 0) ? 1 : -1 };
}

/** What will be on the screen if the motion goes on, the next place first. */
export function scenesAhead(description: Description, scene: Scene, motion: Motion): Scene[] {
  const level = Math.min(scene.level + LEVELS_COARSER, description.levels.length - 1);
  const scenes: Scene[] = [];
  for (let { at } = scene; scenes.length < PLACES_AHEAD; ) {
    const next = steppedAt(description, at, motion, true);
    if (next[motion.axis] === (scene.at[motion.axis] ?? 0)) break; // all the way round
    scenes.push({ ...scene, at: next, level, exact: false });
    at = next;
  }
  return scenes;
}

export function coarseView(description: Description, scene: Scene): Omit<View, "image"> {
  const view = viewOf(description, scene);
  return { ...view, spare: 0, channels: view.channels.map(({ index, max_error }) => ({ index, max_error: LESS_PRECISE * max_error })) };
}

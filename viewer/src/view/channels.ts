/** How channels are shown, and what that asks of the data. */
import type { Channel, Description } from "../client/description.ts";

export interface ChannelLook {
  readonly visible: boolean;
  /** Six hexadecimal digits. */
  readonly colour: string;
  readonly window: readonly [number, number];
}

export const lookOf = ({ visible, colour, window }: Channel): ChannelLook => ({ visible, colour, window });

/**
 * The largest error that cannot be seen: half of one of the 255 steps between the window's ends. A value is shown as
 * 255 · (value − low) / (high − low), so an error of (high − low) / 255 / 2 moves it by half a step of an 8-bit display.
 */
export function invisibleError([low, high]: readonly [number, number]): number {
  return Math.max(0, (high - low) / 255 / 2);
}

/** red, green, blue, each 0 to 1. RGB images bring their own colours. */
export function lightOf(look: ChannelLook, description: Description): readonly [number, number, number] {
  if (description.rgb) return [1, 1, 1];
  const bits = Number.parseInt(look.colour, 16);
  return [(bits >> 16) / 255, ((bits >> 8) & 255) / 255, (bits & 255) / 255];
}

/** How channels are shown, and what that asks of the data. */
import { isFloat, type Channel, type Description } from "../client/description.ts";
import { steepness, type TableName } from "./tables.ts";

export interface ChannelLook {
  readonly visible: boolean;
  /** Six hexadecimal digits. */
  readonly colour: string;
  readonly window: readonly [number, number];
  /** Light is share^(1 / gamma), share being a value's place in the window: above 1 brightens the middle. */
  readonly gamma: number;
  /** A lookup table instead of the colour. */
  readonly table: TableName | undefined;
}

/** How far the ends of a window are apart at least: a value, or of floats a thousandth of the data's range. */
export const leastWindow = ({ dtype }: Description, { range: [low, high] }: Channel): number => (isFloat(dtype) ? Math.max((high - low) / 1000, 1e-30) : 1);

export const GAMMA_MOST = 5;

export const lookOf = ({ visible, colour, window }: Channel): ChannelLook => ({ visible, colour, window, gamma: 1, table: undefined });

/**
 * The largest error that cannot be seen: what moves the light by one of 255 steps where it changes fastest, so that no light that a
 * screen of 8 bits shows is more than one step beside the exact one. Half a step would promise the same, as light is rounded. Plainly
 * that is (high − low) / 255. With an exponent p = 1 / gamma the light changes fastest at the bright end if p > 1, p times as fast;
 * and at the dark end if p < 1, where an error of a share e shows as e^p. A lookup table may change faster than plain light.
 */
export function invisibleError({ window: [low, high], gamma, table }: ChannelLook): number {
  const step = 1 / 255 / Math.max(1, steepness(table));
  const share = gamma > 1 ? step ** gamma : step * gamma;
  return Math.max(0, (high - low) * share);
}

/** Half a step of an 8-bit screen, of the window alone. */
export const halfStep = ({ window: [low, high] }: ChannelLook): number => Math.max(0, (high - low) / 510);

/** red, green, blue, each 0 to 1. RGB images bring their own colours. */
export function lightOf(look: ChannelLook, description: Description): readonly [number, number, number] {
  if (description.rgb) return [1, 1, 1];
  const bits = Number.parseInt(look.colour, 16);
  return [(bits >> 16) / 255, ((bits >> 8) & 255) / 255, (bits & 255) / 255];
}

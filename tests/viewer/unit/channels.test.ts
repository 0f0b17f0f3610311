import { describe, expect, it } from "vitest";
import { invisibleError, lightOf } from "../../../viewer/src/view/channels.ts";
import { mosaic } from "../support/descriptions.ts";

describe("invisibleError", () => {
  it("is half of one of 255 steps", () => {
    expect(invisibleError([0, 2550])).toBe(5);
    expect(invisibleError([-1000, 1000])).toBeCloseTo(3.92, 2);
    expect(invisibleError([7, 7])).toBe(0);
  });

  it("moves no displayed value by more than half a step", () => {
    const window = [294, 2210] as const;
    const shown = (value: number) => (255 * (value - window[0])) / (window[1] - window[0]);
    for (let value = 294; value <= 2210; value += 7) {
      expect(Math.abs(shown(value + invisibleError(window)) - shown(value))).toBeLessThanOrEqual(0.5 + 1e-9);
    }
  });
});

it("turns a colour into light, and leaves RGB images their own", () => {
  const look = { visible: true, colour: "FF8000", window: [0, 1] as const };
  expect(lightOf(look, mosaic())).toEqual([1, 128 / 255, 0]);
  expect(lightOf(look, { ...mosaic(), rgb: true })).toEqual([1, 1, 1]);
});

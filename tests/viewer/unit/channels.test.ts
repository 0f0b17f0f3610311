import { describe, expect, it } from "vitest";
import { invisibleError, lightOf, type ChannelLook } from "../../../viewer/src/view/channels.ts";
import { steepness, TABLE_NAMES, TABLE_SIZE, tableBytes, toneOf } from "../../../viewer/src/view/tables.ts";
import { mosaic } from "../support/descriptions.ts";

const look = (window: ChannelLook["window"], change: Partial<ChannelLook> = {}): ChannelLook => ({
  visible: true,
  colour: "FF8000",
  window,
  gamma: 1,
  table: undefined,
  ...change,
});

describe("invisibleError", () => {
  it("is one of 255 steps", () => {
    expect(invisibleError(look([0, 2550]))).toBe(10);
    expect(invisibleError(look([-1000, 1000]))).toBeCloseTo(7.84, 2);
    expect(invisibleError(look([7, 7]))).toBe(0);
  });

  it("moves no displayed value by more than one step", () => {
    const window = [294, 2210] as const;
    const shown = (value: number) => (255 * (value - window[0])) / (window[1] - window[0]);
    for (let value = 294; value <= 2210; value += 7) {
      expect(Math.abs(shown(value + invisibleError(look(window))) - shown(value))).toBeLessThanOrEqual(1 + 1e-9);
    }
  });
});

it.each([0.2, 0.5, 1.4, 2.2, 5])("keeps what is shown within a step for gamma %f and every table", (gamma) => {
  for (const table of [undefined, ...TABLE_NAMES]) {
    const one = look([100, 1100], { gamma, table });
    const bytes = tableBytes(table, one.colour);
    // The table as the graphics card reads it: between its entries.
    const place = (value: number) => Math.min(Math.max((value - 100) / 1000, 0), 1) ** (1 / gamma) * (TABLE_SIZE - 1);
    const shown = (value: number, part: number) => {
      const at = place(value);
      const before = Math.min(Math.floor(at), TABLE_SIZE - 2);
      const entry = (place: number) => bytes[4 * place + part]!;
      return entry(before) + (entry(before + 1) - entry(before)) * (at - before);
    };
    const error = invisibleError(one);
    expect(error).toBeGreaterThan(0);
    for (let value = 100; value < 1100; value += 3.7) {
      for (const part of [0, 1, 2]) {
        // Entries are whole numbers: from one to the next light may change by one more than it should.
        const rounding = Math.min(1, place(value + error) - place(value));
        expect(Math.abs(shown(value + error, part) - shown(value, part))).toBeLessThanOrEqual(1 + rounding);
      }
    }
  }
});

describe("lookup tables", () => {
  it.each(TABLE_NAMES)("%s rises in lightness from end to end", (name) => {
    const bytes = tableBytes(name, "FFFFFF");
    const lightness = Array.from({ length: TABLE_SIZE }, (_, at) => 0.2126 * bytes[4 * at]! + 0.7152 * bytes[4 * at + 1]! + 0.0722 * bytes[4 * at + 2]!);
    lightness.forEach((light, at) => at > 0 && expect(light).toBeGreaterThanOrEqual(lightness[at - 1]! - 1));
    expect(lightness.at(-1)! - lightness[0]!).toBeGreaterThan(150);
    expect(steepness(name)).toBeGreaterThanOrEqual(name === "grey" ? 1 : 1.1);
  });

  it("goes from black to a channel's colour where there is none", () => {
    const bytes = tableBytes(undefined, "FF8000");
    expect([...bytes.subarray(0, 4), ...bytes.subarray(-4)]).toEqual([0, 0, 0, 255, 255, 128, 0, 255]);
  });

  it("is used only where light is not plain, and never on RGB images", () => {
    expect(toneOf(look([0, 1]), mosaic())).toBeUndefined();
    expect(toneOf(look([0, 1], { gamma: 2 }), mosaic())).toMatchObject({ exponent: 0.5 });
    expect(toneOf(look([0, 1], { table: "viridis" }), mosaic())!.bytes().slice(0, 3)).toEqual(new Uint8Array([0x44, 0x01, 0x54]));
    expect(toneOf(look([0, 1], { gamma: 2, table: "viridis" }), { ...mosaic(), rgb: true })).toBeUndefined();
  });
});

it("turns a colour into light, and leaves RGB images their own", () => {
  expect(lightOf(look([0, 1]), mosaic())).toEqual([1, 128 / 255, 0]);
  expect(lightOf(look([0, 1]), { ...mosaic(), rgb: true })).toEqual([1, 1, 1]);
});

import { describe, expect, it } from "vitest";
import { scaleBar } from "../../../viewer/src/view/scalebar.ts";

describe("the scale bar", () => {
  it.each([
    [1, 0.65, "micrometer", "50 µm"],
    [0.01, 0.65, "micrometer", "5 mm"],
    [40, 0.65, "micrometer", "2 µm"],
    [1, 2, "nanometer", "200 nm"],
    [1, 1, "angstrom", "10 nm"],
    [1, 5, "kilometer", "500 km"],
    [1, undefined, undefined, "100 px"],
    [64, 1, undefined, "2 px"],
    [3, 0, "micrometer", "20 px"],
    [0.001, 1, "second", "100000 px"],
  ])("at zoom %f, %s %s a pixel, says %s", (zoom, scale, unit, text) => {
    expect(scaleBar(zoom, scale, unit, 140).text).toBe(text);
  });

  it("is as long as it says, and as long as it may be", () => {
    for (let zoom = 0.004; zoom < 64; zoom *= 1.37) {
      const { pixels, text } = scaleBar(zoom, 0.25, "micrometer", 140);
      const [count, unit] = text.split(" ");
      const micrometres = Number(count) * { nm: 1e-3, µm: 1, mm: 1e3 }[unit!]!;
      expect(pixels).toBeCloseTo((micrometres / 0.25) * zoom, 6);
      expect(pixels).toBeLessThanOrEqual(140.001);
      expect(pixels).toBeGreaterThan(140 / 2.51);
    }
  });
});

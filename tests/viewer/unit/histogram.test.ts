import { describe, expect, it } from "vitest";
import { histogramOf, windowOver } from "../../../viewer/src/view/histogram.ts";

describe("histogramOf", () => {
  it("counts each value in its bin, the largest in the last", () => {
    const bins = histogramOf([0, 1, 2.5, 9.9, 10, -1, 11], 0, 10, 5);
    expect(bins.map((height) => Math.round(Math.expm1(height * Math.log1p(2))))).toEqual([2, 1, 0, 0, 2]);
    expect(Math.max(...bins)).toBe(1);
  });

  it("is flat where there is nothing, and stands a range without width", () => {
    expect(histogramOf([], 0, 10, 3)).toEqual([0, 0, 0]);
    expect(histogramOf([4, 4], 4, 4, 2)).toEqual([1, 0]);
  });
});

describe("windowOver", () => {
  it("leaves out a thousandth at each end", () => {
    const values = Array.from({ length: 10_001 }, (_, index) => (index * 7919) % 10_001);
    expect(windowOver(values)).toEqual([10, 9990]);
  });

  it("is never empty", () => {
    expect(windowOver([5, 5, 5])).toEqual([5, 6]);
    expect(windowOver([])).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { cameraAfter, coversScreen, grainOf, offsetOf, recentred, repaint, stretches, type Painted, type Part } from "../../../viewer/src/view/repaint.ts";

const canvas = { height: 600, width: 1000, ratio: 1 };
const part = (left: number, top: number, mark = "1"): Part => ({ place: [left, top, left + 100, top + 100], reach: 2, mark });
const painted = (parts: { [key: string]: Part }, change: Partial<Painted> = {}): Painted => ({
  camera: { y: 500, x: 500, zoom: 2 },
  canvas,
  style: "a",
  parts: new Map(Object.entries(parts)),
  grain: 1,
  ...change,
});

describe("what was painted", () => {
  const before = painted({});

  it("lies beside its place by as much as the camera moved", () => {
    expect(offsetOf(before, { y: 498, x: 503.5, zoom: 2 }, canvas)).toEqual({ right: -7, down: 4, by: 1 });
  });

  it("is stretched about its middle for another zoom", () => {
    expect(offsetOf(before, { y: 500, x: 510, zoom: 3 }, canvas)).toEqual({ right: -30, down: 0, by: 1.5 });
    expect([0.4, 0.5, 1.5, 1.6].map((by) => stretches({ right: 0, down: 0, by }, canvas))).toEqual([false, true, true, false]);
    expect([[333, 0], [334, 0], [0, 200], [0, -201]].map(([right, down]) => stretches({ right: right!, down: down!, by: 1 }, canvas))).toEqual([true, false, true, false]);
  });

  it("covers the screen as far as its margin reaches, moved and stretched", () => {
    const covers = (right: number, down: number, by: number) => coversScreen({ right, down, by }, canvas, 96);
    expect([covers(0, 0, 1), covers(96, -96, 1), covers(97, 0, 1), covers(0, -97, 1)]).toEqual([true, true, false, false]);
    expect([covers(0, 0, 0.81), covers(0, 0, 0.8)]).toEqual([true, false]); // 808 of 1000 pixels are seen, and 408 of 600
    expect([covers(346, 0, 1.5), covers(347, 0, 1.5)]).toEqual([true, false]);
  });

  it("is of no use for another canvas", () => {
    expect(offsetOf(before, before.camera, { ...canvas, width: 999 })).toBeUndefined();
  });

  it("is left where it is while it covers the screen, then moved ahead of the motion", () => {
    expect(recentred({ right: -96, down: 50 }, 96)).toEqual({ right: 0, down: 0 });
    const shift = recentred({ right: -100.3, down: 5 }, 96);
    expect(shift).toEqual({ right: -195, down: 10 });
    const again = offsetOf({ ...before, camera: cameraAfter(before, shift) }, { y: 497.5, x: 550.15, zoom: 2 }, canvas)!;
    expect([again.right, again.down].map(Math.round)).toEqual([95, -5]);
  });
});

describe("what is painted in a hurry", () => {
  it("has two pixels for each of the finest tile's, and no more than the screen", () => {
    const reaching = (...reaches: number[]) => reaches.map((reach) => ({ ...part(0, 0), reach }));
    expect([0.7, 3.9, 4, 9, 100].map((reach) => grainOf(reaching(reach), false))).toEqual([1, 1, 2, 4, 8]);
    expect(grainOf(reaching(64, 5, 32), false)).toBe(2);
  });

  it("has one for each, and no more than a quarter of the screen's, after a leap", () => {
    expect([0.7, 3.9, 4, 9, 100].map((reach) => grainOf([{ ...part(0, 0), reach }], true))).toEqual([2, 2, 4, 8, 8]);
  });
});

describe("repaint", () => {
  it("paints nothing where nothing changed", () => {
    const same = painted({ a: part(100, 100) });
    expect(repaint(same, painted({ a: part(100, 100) }), 0, 0).rectangles).toEqual([]);
  });

  it("paints what comes into view", () => {
    expect(repaint(painted({}), painted({}), 30, -20)).toMatchObject({ rectangles: [[0, 0, 30, 600], [0, 580, 1000, 600]], all: false });
  });

  it("paints tiles that look different, that came and that went, as far as their pixels reach", () => {
    const before = painted({ same: part(0, 0), other: part(300, 300), gone: part(600, 300) });
    const after = painted({ same: part(10, 0), other: part(310, 300, "2"), came: part(850, 0) });
    const { rectangles } = repaint(before, after, 10, 0);
    expect(rectangles).toEqual([[0, 0, 10, 600], [307, 297, 413, 403], [847, 0, 953, 103], [607, 297, 713, 403]]);
  });

  it("paints all when that is no dearer, or everything looks different", () => {
    const all = { rectangles: [[0, 0, 1000, 600]], all: true, right: 0, down: 0 };
    expect(repaint(painted({}), painted({}), 800, 0)).toEqual(all);
    expect(repaint(painted({}), painted({}), 1000, 0)).toEqual(all);
    expect(repaint(painted({}), painted({}, { style: "b" }), 0, 0)).toEqual(all);
  });

  it("joins what lies together", () => {
    const { rectangles } = repaint(painted({}), painted({ a: part(100, 100), b: part(199, 100) }), 0, 0);
    expect(rectangles).toEqual([[97, 97, 302, 203]]);
  });
});

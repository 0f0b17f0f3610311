import { describe, expect, it } from "vitest";
import { bounded, fit, levelFor, pan, toImage, toScreen, unseen, visibleRegion, zoomAbout } from "../../../viewer/src/view/camera.ts";

const image = { height: 2000, width: 3000 };
const screen = { height: 600, width: 800 };

describe("camera", () => {
  it("fits the whole image", () => {
    const camera = fit(image, screen);
    expect(toImage(camera, screen, { y: 300, x: 400 })).toEqual({ y: 1000, x: 1500 });
    expect(visibleRegion(camera, image, screen)).toEqual({ y: [0, 2000], x: [0, 3000] });
  });

  it("goes to the screen and back", () => {
    const camera = { y: 123.4, x: 567.8, zoom: 0.37 };
    const there = toScreen(camera, screen, { y: 1000, x: 20 });
    const back = toImage(camera, screen, there);
    expect(back.y).toBeCloseTo(1000, 9);
    expect(back.x).toBeCloseTo(20, 9);
  });

  it("keeps what is under the pointer when it zooms", () => {
    const point = { y: 50, x: 700 };
    const camera = { y: 900, x: 1200, zoom: 0.5 };
    const before = toImage(camera, screen, point);
    for (const factor of [2, 0.6, 1e6, 1e-6]) {
      const after = toImage(zoomAbout(camera, image, screen, point, factor), screen, point);
      expect(after.y).toBeCloseTo(before.y, 6);
      expect(after.x).toBeCloseTo(before.x, 6);
    }
  });

  it("moves the image with the pointer", () => {
    expect(pan({ y: 100, x: 100, zoom: 2 }, 10, -20)).toEqual({ y: 95, x: 110, zoom: 2 });
  });

  it("never loses the image", () => {
    expect(bounded({ y: -500, x: 1e9, zoom: 1 }, image, screen)).toEqual({ y: 0, x: 3000, zoom: 1 });
    expect(bounded({ y: 0, x: 0, zoom: 1e9 }, image, screen).zoom).toBe(64);
  });

  it("sees whole pixels, clipped to the image", () => {
    expect(visibleRegion({ y: 10.5, x: 10.5, zoom: 100 }, image, screen)).toEqual({ y: [7, 14], x: [6, 15] });
    expect(visibleRegion({ y: 10, x: 5000, zoom: 10 }, image, screen)).toBeUndefined();
  });
});

describe("levelFor", () => {
  it.each([
    [4, 1, 0],
    [1, 1, 0],
    [0.6, 1, 0],
    [0.51, 1, 1],
    [0.5, 1, 1],
    [0.5, 2, 0],
    [0.25, 1, 2],
    [0.1, 1, 3],
    [0.0001, 1, 5],
  ])("at zoom %f and %f device pixels it is %i", (zoom, ratio, level) => {
    expect(levelFor({ y: 0, x: 0, zoom }, ratio, 6)).toBe(level);
  });
});

describe("unseen", () => {
  it.each([
    [1, 0, 7.9, 2],
    [0.999, 0, 7.9, 2],
    [0.5, 1, 7.9, 2],
    [1.01, 0, 12.29, 1],
    [2, 0, 4.4, 1],
    [4, 0, 3.0, 0],
    [8, 0, 1.5, 0],
    [16, 0, 1, 0],
    [100, 0, 1, 0],
    [0.5, 0, 8.89, 2],
    [0.01, 0, 8.89, 2],
  ])("at zoom %f a pixel of level %i may be off by %f greys, fine detail by %i steps", (zoom, level, greys, spare) => {
    const found = unseen({ y: 0, x: 0, zoom }, level);
    expect(found.greys).toBeCloseTo(greys, 1);
    expect(found.spare).toBe(spare);
  });
});

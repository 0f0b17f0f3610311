import { expect, it } from "vitest";
import { parseDescription, type Description } from "../../../viewer/src/client/description.ts";
import { toImage, toScreen } from "../../../viewer/src/view/camera.ts";
import { cameraOn, pixelsAlong, placeOn, pointOn } from "../../../viewer/src/view/layer.ts";
import { mosaicJson, stack } from "../support/descriptions.ts";

const made = (shape: [number, number], pixel?: number, unit = "micrometer"): Description =>
  parseDescription({ ...mosaicJson(), shape: [2, ...shape], ...(pixel === undefined ? {} : { scale: { y: pixel, x: pixel }, unit: { y: unit, x: unit } }) });

it.each([
  ["of the same size", made([5000, 7000]), made([5000, 7000]), 1],
  ["of the same pixels on a part of the image", made([5000, 7000], 0.5), made([682, 682], 0.5), 1],
  ["of pixels twice as large, as both tell", made([5000, 7000], 0.5), made([2500, 3500], 1), 2],
  ["of pixels twice as large, as their number tells", made([5000, 7000]), made([2500, 3500]), 2],
  ["where one tells in another unit", made([5000, 7000], 0.5), made([2500, 3500], 0.5, "millimeter"), 2],
])("labels %s", (_, image, labels, along) => {
  expect([pixelsAlong(image, labels, "y"), pixelsAlong(image, labels, "x")]).toEqual([along, along]);
  // A point of the image and its point on the labels lie at one place of the screen.
  const [camera, screen] = [{ y: 300, x: 411, zoom: 1.5 }, { height: 500, width: 640 }];
  const point = toImage(camera, screen, { y: 77, x: 123 });
  const there = toScreen(cameraOn(image, labels, camera), screen, pointOn(image, labels, point));
  expect([there.y, there.x].map((at) => Number(at.toFixed(9)))).toEqual([77, 123]);
});

it("labels of fewer places stand for all", () => {
  expect(placeOn(stack(), { t: 1, z: 12 })).toEqual({ t: 1, z: 6 });
  expect(placeOn(stack(), { z: 2 })).toEqual({ z: 2 });
  expect(placeOn(made([10, 10]), { z: 2 })).toEqual({});
});

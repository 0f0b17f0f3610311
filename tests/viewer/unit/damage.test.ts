import { expect, it } from "vitest";
import { chunksInRegion } from "../../../viewer/src/client/geometry.ts";
import { damageOnScreen } from "../../../viewer/src/view/damage.ts";
import { mosaic } from "../support/descriptions.ts";

const places = chunksInRegion(mosaic(), 0, 0, {}, { y: [0, 1024], x: [0, 1024] });
const camera = { y: 512, x: 512, zoom: 0.5 };
const screen = { height: 400, width: 400 };
const at = (damaged: readonly [string, string][]) => damageOnScreen(mosaic(), places, new Map(damaged), camera, screen);

it("finds a damaged chunk where it is drawn, clipped to the screen", () => {
  const first = places.find(({ y, x }) => y === 0 && x === 512)!;
  expect(at([[first.key, "bad"]])).toEqual([{ key: first.key, message: "bad", top: 0, left: 200, height: 200, width: 200 }]);
});

it("finds all chunks of a damaged shard, and none where nothing is damaged", () => {
  expect(at([["0/0", "gone"]])).toHaveLength(4);
  expect(at([["0/7/0", "elsewhere"]])).toEqual([]);
  expect(at([])).toEqual([]);
});

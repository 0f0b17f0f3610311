import { describe, expect, it } from "vitest";
import { chunksInRegion } from "../../../viewer/src/client/geometry.ts";
import { onCanvas, pieces, spritesOf } from "../../../viewer/src/view/sprites.ts";
import { Tiles } from "../../../viewer/src/view/tiles.ts";
import { mosaic } from "../support/descriptions.ts";

const description = mosaic();
const canvas = { height: 600, width: 800, ratio: 1 };

function sprites(array: number, mip: number, camera: { y: number; x: number; zoom: number }) {
  const tiles = new Tiles();
  for (const place of chunksInRegion(description, array, 0, {}, { y: [0, 5000], x: [0, 7000] })) {
    const tile = tiles.add(place);
    tile.slot = place.row * 100 + place.column;
    tile.mips.set(mip, 0);
  }
  return spritesOf(description, [...tiles.values()].map((tile) => ({ tile, mip, rank: 0 })), tiles, camera, canvas);
}

describe("spritesOf", () => {
  it("leaves out what is not on the canvas, and lets chunks touch without a gap", () => {
    const drawn = sprites(0, 0, { y: 700.3, x: 700.7, zoom: 1.37 });
    expect(drawn.map(({ slot }) => slot).sort((a, b) => a - b)).toEqual([0, 1, 100, 101]);
    const at = (slot: number) => drawn.find((sprite) => sprite.slot === slot)!.place;
    expect(at(0)[2]).toBe(at(1)[0]);
    expect(at(0)[3]).toBe(at(100)[1]);
  });

  it("lays every level over the same ground", () => {
    const camera = { y: 2500, x: 3500, zoom: 0.1 };
    const corner = (array: number, mip: number) => {
      const last = sprites(array, mip, camera).find(({ kind }) => kind === "smooth")!;
      // Texels a device pixel, times pixels of level 0 a texel, are the zoom.
      const scale = (last.place[2] - last.place[0]) / ((last.texels[2] - last.texels[0]) * 2 ** (description.arrays[array]!.level + mip));
      expect(scale).toBeCloseTo(0.1, 9);
      return [Math.max(...sprites(array, mip, camera).map(({ place }) => place[2])), Math.max(...sprites(array, mip, camera).map(({ place }) => place[3]))];
    };
    const whole = onCanvas(camera, canvas, [0, 0, 7000, 5000]).slice(2);
    for (const [array, mip] of [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]] as const) expect(corner(array, mip)).toEqual(whole);
  });

  it("shows pixels as they are from 1:1 on, and smooth else", () => {
    const centre = { y: 2500, x: 3500 };
    expect(sprites(0, 0, { ...centre, zoom: 1 }).every(({ kind }) => kind === "sharp")).toBe(true);
    expect(sprites(0, 0, { ...centre, zoom: 0.7 }).some(({ kind }) => kind === "sharp")).toBe(false);
    expect(sprites(0, 1, { ...centre, zoom: 1 }).some(({ kind }) => kind === "sharp")).toBe(false);
  });

  it("names the neighbours that have the same level", () => {
    const [first] = sprites(1, 0, { y: 2500, x: 3500, zoom: 0.1 });
    expect(first!.near).toHaveLength(8);
    expect(new Set(first!.near)).toEqual(new Set([-1, ...[0, 1, 100, 101].filter((slot) => slot !== first!.slot)]));
  });
});

describe("pieces", () => {
  const [chunk] = sprites(1, 1, { y: 2500, x: 3500, zoom: 0.1 });
  const whole = (right: number, bottom: number) => ({
    ...chunk!,
    place: [10.1, -20.2, 300.3, 400.4] as const,
    texels: [0, 0, right, bottom] as const,
    width: Math.ceil(right),
    height: Math.ceil(bottom),
  });

  it.each([[256, 256], [181.5, 57], [12.25, 12.75], [1, 1], [0.25, 3], [1.5, 0.5]])("cover a chunk of %f x %f texels once", (right, bottom) => {
    const cut = pieces(whole(right, bottom));
    const area = cut.reduce((sum, { texels: [x0, y0, x1, y1] }) => sum + (x1 - x0) * (y1 - y0), 0);
    expect(area).toBeCloseTo(right * bottom, 9);
    const [xs, ys] = [cut.flatMap(({ place }) => [place[0], place[2]]), cut.flatMap(({ place }) => [place[1], place[3]])];
    expect([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]).toEqual([10.1, -20.2, 300.3, 400.4]);
    for (const { kind, texels: [x0, y0, x1, y1] } of cut) {
      // Between four pixels of the chunk itself.
      const inside = x0 >= 0.5 && y0 >= 0.5 && x1 <= Math.ceil(right) - 0.5 && y1 <= Math.ceil(bottom) - 0.5;
      expect(inside).toBe(kind === "smooth");
    }
  });
});

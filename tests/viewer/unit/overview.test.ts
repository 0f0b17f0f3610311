import { describe, expect, it } from "vitest";
import { fit, pan } from "../../../viewer/src/view/camera.ts";
import { lookOf } from "../../../viewer/src/view/channels.ts";
import { frameIn, overviewOf, overviewSize, underOverview, withOverview } from "../../../viewer/src/view/overview.ts";
import { chunksInRegion } from "../../../viewer/src/client/geometry.ts";
import { wantedChunks, type Scene } from "../../../viewer/src/view/requests.ts";
import { Tiles } from "../../../viewer/src/view/tiles.ts";
import { mosaic } from "../support/descriptions.ts";

const image = { height: 1000, width: 2000 };
const screen = { height: 600, width: 800 };
const whole = { y: [0, 5000], x: [0, 7000] } as const;

describe("an overview", () => {
  it("has the image's proportions, and at least a pixel", () => {
    expect(overviewSize(image, 180)).toEqual({ height: 90, width: 180 });
    expect(overviewSize({ height: 5, width: 9000 }, 180)).toEqual({ height: 1, width: 180 });
  });

  it("has no frame while the whole image is on the screen", () => {
    const camera = fit(image, screen);
    expect(frameIn(camera, image, screen)).toBeUndefined();
    expect(frameIn({ ...camera, zoom: camera.zoom / 3 }, image, screen)).toBeUndefined();
    expect(frameIn(pan(camera, 0, 200), image, screen)).toBeDefined();
  });

  it("frames what is on the screen", () => {
    const frame = frameIn({ y: 500, x: 1000, zoom: 1 }, image, screen)!;
    expect(frame).toEqual({ top: 0.2, left: 0.3, height: 0.6, width: 0.4 });
    // A corner of the frame is where the corner of the screen is.
    expect(underOverview(image, { height: 90, width: 180 }, { y: 90 * frame.top, x: 180 * frame.left })).toEqual({ y: 200, x: 600 });
  });

  it("wants nothing more where the coarsest array is one chunk, and the others of it where it has more", () => {
    const scene: Scene = { level: 0, region: { y: [0, 100], x: [0, 100] }, at: {}, looks: mosaic().channels.map(lookOf), exact: false };
    const own = wantedChunks(mosaic(), scene);
    const all = withOverview(mosaic(), scene, new Map(own));
    const added = [...all.values()].filter(({ place }) => !own.has(place.key));
    const others = [[0, 1], [1, 0], [1, 1]].flatMap(([row, column]) => [[1, row, column], [1, row, column]]); // of each channel
    expect(added.map(({ place }) => [place.address[0], place.row, place.column]).sort()).toEqual(others);
    const hidden = withOverview(mosaic(), { ...scene, looks: scene.looks.map((look) => ({ ...look, visible: false })) }, new Map());
    expect(hidden.size).toBe(0);
  });

  it("is there once each visible channel has something to show", () => {
    const description = mosaic();
    const looks = description.channels.map(lookOf);
    const tiles = new Tiles();
    const put = (channel: number, mips: [number, number][]): void => {
      for (const place of chunksInRegion(description, 1, channel, {}, whole)) {
        const tile = tiles.add(place);
        for (const [mip, error] of mips) tile.mips.set(mip, error);
        tile.slot = 0;
      }
    };
    put(0, [[0, 2], [1, 300], [2, 900]]);
    expect(overviewOf(description, looks, {}, tiles, { height: 50, width: 70 })).toBeUndefined();
    expect(overviewOf(description, [looks[0]!, { ...looks[1]!, visible: false }], {}, tiles, { height: 50, width: 70 })).toBeDefined();
    put(1, [[0, 2], [1, 3], [2, 900]]);
    const seen = overviewOf(description, looks, {}, tiles, { height: 50, width: 70 })!;
    // 100 times smaller: level 6, of which mip 3 would be best. Of those that are there, the coarsest that is good enough.
    expect(seen.lights.map(({ sprites }) => [...new Set(sprites.map(({ mip }) => mip))])).toEqual([[0], [1]]);
    expect(overviewOf(description, looks, {}, tiles, { height: 50, width: 70 })!.mark).toBe(seen.mark);
    tiles.changed([...tiles.values()][0]!);
    expect(overviewOf(description, looks, {}, tiles, { height: 50, width: 70 })!.mark).not.toBe(seen.mark);
  });
});

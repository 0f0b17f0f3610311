import { describe, expect, it } from "vitest";
import { chunksInRegion } from "../../../viewer/src/client/geometry.ts";
import { compose, covered } from "../../../viewer/src/view/compose.ts";
import { progressOf, readableBytes, readableError, readableValue } from "../../../viewer/src/view/status.ts";
import { improves, shownMip, Tiles, type Tile } from "../../../viewer/src/view/tiles.ts";
import { mosaic } from "../support/descriptions.ts";

const description = mosaic();
const everywhere = { y: [0, 5000], x: [0, 7000] } as const;

/** The tile at the top left of an array, with the errors of its mips. */
function tile(array: number, mips: { [level: number]: number }, errors: number[], tiles = new Tiles()): Tile {
  const [place] = chunksInRegion(description, array, 0, {}, { y: [0, 1], x: [0, 1] });
  const made = tiles.add(place!);
  for (const [level, error] of Object.entries(mips)) made.mips.set(Number(level), error);
  made.errors = errors;
  return made;
}

const order = (tiles: Tile[], level: number, invisible: number) => compose(description, tiles, level, invisible).map(({ tile: one, mip }) => `${one.array}@${mip}`);

describe("compose", () => {
  it("shows a fine chunk over the coarse one once its error, at what that one shows, is an eighth of the window", () => {
    const coarse = tile(1, { 0: 0 }, [0, 0, 0, 0]);
    expect(order([tile(0, { 0: 930 }, [930, 825, 720, 256]), coarse], 0, 4)).toEqual(["0@0", "1@0"]);
    expect(order([tile(0, { 0: 990 }, [990, 960, 840, 257]), coarse], 0, 4)).toEqual(["1@0", "0@0"]);
  });

  it("never puts as coarse a picture with a larger error on top", () => {
    const coarse = tile(1, { 0: 2 }, [2, 1, 1, 1]);
    expect(order([tile(0, { 3: 5 }, [99, 50, 20, 5]), coarse], 0, 100)).toEqual(["1@0", "0@3"]);
    expect(order([tile(0, { 3: 2 }, [99, 50, 20, 2]), coarse], 0, 0)).toEqual(["0@3", "1@0"]);
  });

  it("shows finer chunks where its own are missing, and coarser ones below", () => {
    const [fine, own] = [tile(0, { 0: 0 }, [0]), tile(1, { 1: 0 }, [0, 0])];
    expect(order([fine], 4, 1)).toEqual(["0@0"]);
    expect(order([fine, own], 4, 1)).toEqual(["1@1", "0@0"]);
  });

  it("gives tiles that overlap different ranks, front to back", () => {
    const tiles = [tile(0, { 0: 0 }, [0]), tile(1, { 1: 0 }, [0, 0])];
    expect(compose(description, tiles, 0, 1).map(({ rank }) => rank)).toEqual([0, 1]);
    expect(compose(description, tiles, 4, 1).map(({ tile: { array }, rank }) => [array, rank])).toEqual([[1, 0], [0, 1]]);
    const noisy = [tile(0, { 0: 990 }, [990, 960, 840, 257]), tile(1, { 0: 0 }, [0, 0])];
    expect(compose(description, noisy, 0, 4).map(({ tile: { array }, rank }) => [array, rank])).toEqual([[1, 1], [0, 2]]);
  });

  it("shows a chunk that is fill like any other", () => {
    const empty = tile(0, {}, []);
    empty.fill = 0;
    expect(order([tile(1, { 0: 0 }, [0]), empty], 0, 0)).toEqual(["0@0", "1@0"]);
  });
});

describe("covered", () => {
  it("asks whether there is a picture everywhere, however coarse", () => {
    const tiles = new Tiles();
    const places = chunksInRegion(description, 0, 0, {}, { y: [0, 1000], x: [0, 500] });
    expect(covered(description, places, tiles, {})).toBe(false);
    tile(0, { 3: 9 }, [9], tiles);
    expect(covered(description, places, tiles, {})).toBe(false);
    tile(1, { 3: 9 }, [9], tiles);
    expect(covered(description, places, tiles, {})).toBe(true);
    expect(covered(description, chunksInRegion(description, 0, 0, {}, everywhere), tiles, {})).toBe(false);
    expect(covered(description, chunksInRegion(description, 0, 1, {}, { y: [0, 1], x: [0, 1] }), tiles, {})).toBe(false);
  });
});

describe("tiles", () => {
  it("show the level that is wanted, else a finer one, else the next coarser", () => {
    expect(shownMip(tile(0, { 0: 0, 2: 0 }, []), 2)).toBe(2);
    expect(shownMip(tile(0, { 0: 0, 1: 0, 3: 0 }, []), 2)).toBe(1);
    expect(shownMip(tile(0, { 3: 0, 4: 0 }, []), 2)).toBe(3);
    expect(shownMip(tile(0, {}, []), 2)).toBeUndefined();
  });

  it("never take a worse picture", () => {
    const one = tile(0, { 1: 5 }, [9, 5]);
    const picture = (level: number, errors: number[]) => ({ key: "", level, height: 1, width: 1, pixels: new Uint8Array(1), errors });
    expect(improves(one, picture(1, [9, 6]))).toBe(false);
    expect(improves(one, picture(1, [9, 5]))).toBe(true);
    expect(improves(one, picture(0, [9, 6]))).toBe(true);
  });

  it("know their neighbours in the plane only", () => {
    const tiles = new Tiles();
    const places = [0, 1].flatMap((channel) => chunksInRegion(description, 0, channel, {}, { y: [0, 1024], x: [0, 1024] }));
    for (const place of places) tiles.add(place);
    const first = tiles.get("0/0/0")!;
    expect([tiles.neighbour(first, 0, 1)?.place.key, tiles.neighbour(first, 1, 1)?.place.key]).toEqual(["0/0/1", "0/0/5"]);
    expect(tiles.neighbour(first, -1, 0)).toBeUndefined();
    tiles.remove("0/0/1");
    expect(tiles.neighbour(first, 0, 1)).toBeUndefined();
    expect(tiles.get("0/0/17")).toBeDefined();
  });
});

describe("progressOf", () => {
  const places = chunksInRegion(description, 0, 0, {}, { y: [0, 1], x: [0, 513] });
  const state = (...tiles: (Tile | undefined)[]) => progressOf(places, (key) => tiles[places.findIndex((place) => place.key === key)], 0);

  it("is as good as the worst chunk", () => {
    expect(state(tile(0, { 0: 0 }, [0]), undefined)).toEqual({ maxError: Infinity, exact: false, chunks: 2, exactChunks: 1 });
    expect(state(tile(0, { 0: 0 }, [0]), tile(0, { 0: 3 }, [3]))).toEqual({ maxError: 3, exact: false, chunks: 2, exactChunks: 1 });
    expect(state(tile(0, { 0: 0 }, [0]), tile(0, { 0: 0 }, [0]))).toEqual({ maxError: 0, exact: true, chunks: 2, exactChunks: 2 });
  });

  it("is not exact before the exact picture is there", () => {
    expect(state(tile(0, { 0: 0 }, [0]), tile(0, { 0: 3 }, [0])).exact).toBe(false);
    expect(state(tile(0, { 0: 0 }, [0]), tile(0, { 1: 0 }, [0])).exact).toBe(false);
    expect(progressOf([], () => undefined, 0).exact).toBe(false);
  });
});

it("writes sizes and errors for people", () => {
  expect([0, 999, 1500, 65536, 3.3e6, 5e9].map(readableBytes)).toEqual(["0 B", "999 B", "1.5 kB", "66 kB", "3.3 MB", "5.0 GB"]);
  expect([0, 0.00123, 0.01, 0.26, 3, 12.6].map(readableError)).toEqual(["0", "0.0013", "0.01", "0.3", "3", "13"]);
  expect([7, -0, 0.1, Math.fround(0.1), Math.fround(1e-20), Number.NaN].map(readableValue)).toEqual(["7", "-0", "0.1", "0.1", "1e-20", "NaN"]);
});

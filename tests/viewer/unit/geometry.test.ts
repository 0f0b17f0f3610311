import { describe, expect, it } from "vitest";
import { chunksInRegion, chunksPerPlane, levelSize, planeCount, planeOf, spansOnAxis } from "../../../viewer/src/client/geometry.ts";
import { mosaic, stack } from "../support/descriptions.ts";

describe("spansOnAxis", () => {
  it("covers every pixel once, whatever the sizes", () => {
    for (const [size, shard, chunk] of [[5000, 2048, 512], [1000, 1000, 512], [130, 512, 512], [7, 3, 1], [513, 512, 512]] as const) {
      const spans = spansOnAxis(size, shard, chunk, 0, size);
      let next = 0;
      for (const span of spans) {
        expect(span.start).toBe(next);
        expect(Math.floor(span.start / shard)).toBe(span.shard);
        next += span.size;
      }
      expect(next).toBe(size);
      expect(spans.map((span) => span.place)).toEqual(spans.map((_, index) => index));
    }
  });

  it("finds those that a range touches, and no others", () => {
    expect(spansOnAxis(5000, 2048, 512, 511, 513).map((span) => span.place)).toEqual([0, 1]);
    expect(spansOnAxis(5000, 2048, 512, 512, 1024).map((span) => span.place)).toEqual([1]);
    expect(spansOnAxis(5000, 2048, 512, -50, 1).map((span) => span.place)).toEqual([0]);
    expect(spansOnAxis(5000, 2048, 512, 4999, 9000)).toMatchObject([{ shard: 2, chunk: 1, start: 4608, size: 392 }]);
    expect(spansOnAxis(5000, 2048, 512, 6000, 9000)).toEqual([]);
  });
});

describe("chunksInRegion", () => {
  it("gives ordinals in C order, planes first, as SPEC.md section 1 has it", () => {
    const [only] = chunksInRegion(mosaic(), 0, 1, {}, { y: [2048, 2049], x: [4096 + 512, 4096 + 513] });
    // Shards lie in a grid of 3 × 4; a shard has 2 planes of 4 × 4 chunks.
    expect(only).toMatchObject({ key: `0/${1 * 4 + 2}/${16 + 1}`, address: [0, 6, 17], y: 2048, x: 4608, height: 512, width: 512, row: 4, column: 9 });
  });

  it("clips the last chunk to the image, and scales a region to the stored level", () => {
    const chunks = chunksInRegion(mosaic(), 1, 0, {}, { y: [0, 5000], x: [0, 7000] });
    expect(chunks).toHaveLength(4);
    expect(chunks.find((chunk) => chunk.key === "1/0/3")).toMatchObject({ y: 512, x: 512, height: 113, width: 363 });
    expect(chunksInRegion(mosaic(), 1, 0, {}, { y: [4095, 4096], x: [0, 1] }).map((chunk) => chunk.key)).toEqual(["1/0/0"]);
    expect(chunksInRegion(mosaic(), 1, 0, {}, { y: [4095, 4097], x: [0, 1] })).toHaveLength(2);
  });

  it("begins at the centre", () => {
    const chunks = chunksInRegion(mosaic(), 0, 0, {}, { y: [0, 2560], x: [0, 2560] });
    expect(chunks).toHaveLength(25);
    expect([chunks[0]!.row, chunks[0]!.column]).toEqual([2, 2]);
    expect(chunks.slice(-4).every(({ row, column }) => row % 4 === 0 && column % 4 === 0)).toBe(true);
  });

  it("finds the plane of an index on every axis", () => {
    const [chunk] = chunksInRegion(stack(), 0, 0, { t: 2, z: 4 }, { y: [0, 1], x: [0, 1] });
    // Shards: 3 × 1 × 3 × 1 × 1; z = 4 is plane 1 of shard 1 on its axis.
    expect(chunk).toMatchObject({ address: [0, 2 * 3 + 1, 1], height: 130, width: 133 });
    expect(chunk!.plane).toBe(planeOf(stack(), 0, 0, { t: 2, z: 4 }));
    expect(chunk!.plane).not.toBe(planeOf(stack(), 0, 0, { t: 2, z: 3 }));
  });
});

it("counts chunks and planes, and rounds level sizes up", () => {
  expect(mosaic().arrays.map(chunksPerPlane)).toEqual([140, 4]);
  expect([planeCount(mosaic()), planeCount(stack())]).toEqual([2, 21]);
  expect([0, 1, 2, 3, 8].map((level) => levelSize(133, level))).toEqual([133, 67, 34, 17, 1]);
});

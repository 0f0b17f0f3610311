import { describe, expect, it } from "vitest";
import type { ChunkDecoder } from "../../../viewer/src/client/codec.ts";
import { DamagedError } from "../../../viewer/src/client/errors.ts";
import { HEADER_NBYTES, takeHeader } from "../../../viewer/src/client/records.ts";
import { Cursor } from "../../../viewer/src/client/varint.ts";
import { loadFronts } from "../../../viewer/src/client/store/fronts.ts";
import { loadCodec } from "../../../viewer/src/client/wasm.ts";
import { compileCodec, packetsOf, PLANE_HEIGHT, PLANE_WIDTH, planePackets, planePixels, vector } from "../support/shards.ts";

const codec = loadCodec(compileCodec());
const { header, packets } = planePackets();

const largestError = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let most = 0;
  for (let index = 0; index < b.length; index++) most = Math.max(most, Math.abs(a[index]! - b[index]!));
  return most;
};

describe("the codec in WebAssembly", () => {
  it("refines to the source, and keeps its promise at every step", () => {
    const decoder = codec.decoder(header, 0);
    expect([decoder.height, decoder.width, decoder.components]).toEqual([PLANE_HEIGHT, PLANE_WIDTH, 1]);
    expect(decoder.knownTo(0)).toBe(Infinity);
    const promised: number[] = [];
    const even: number[] = []; // where all is known to one step; between, less may be promised than before (SPEC.md, section 10)
    const all = [...new Set(packets.map((packet) => packet.resolution))];
    for (const { resolution, step, bytes } of packets) {
      decoder.feed(resolution, step, bytes);
      expect(decoder.knownTo(resolution)).toBe(step);
      promised.push(decoder.error(0));
      if (all.every((r) => decoder.knownTo(r) === step)) even.push(promised.at(-1)!);
      expect(largestError(decoder.reconstruct(0), planePixels())).toBeLessThanOrEqual(promised.at(-1)!);
    }
    expect(decoder.error(0)).toBe(0);
    expect(decoder.reconstruct(0)).toEqual(planePixels());
    expect(even.length).toBeGreaterThan(5);
    expect(even).toEqual([...even].sort((a, b) => b - a));
    decoder.free();
  });

  it("decodes by a table of codes, and needs it", async () => {
    const fronts = await loadFronts(compileCodec());
    const object = vector("table_grey_levels");
    const front = fronts.nbytes(object);
    const { errors } = fronts.index(object.subarray(0, front));
    const told = takeHeader(new Cursor(object));
    const nbytes = object[HEADER_NBYTES.at]!;
    expect(told.length).toBeGreaterThan(nbytes);
    expect(codec.decoder(told, 0).error(0)).toBe(175); // nothing is known: the largest value minus the smallest
    expect(errors[0]).toEqual([0, 8, 40, 135, 175, 175]); // of 0, 1, 5 and 17 places in the table, of codes 7 or 8 apart
    expect(() => codec.decoder(object.subarray(0, nbytes), 0)).toThrow(DamagedError);
    const damaged = told.slice();
    damaged[nbytes + 6]! ^= 1;
    expect(() => codec.decoder(damaged, 0)).toThrow(DamagedError);
  });

  it("reads no front of a shard that lies step by step", async () => {
    const fronts = await loadFronts(compileCodec());
    expect(() => fronts.nbytes(vector("by_steps"))).toThrow(/step by step/);
  });

  it("decodes means by the small core alike, which refuses all else", () => {
    const small = loadCodec(compileCodec("ziggurat-means"));
    const [decoder, other] = [small, codec].map((one) => one.decoder(header, 0)) as [ChunkDecoder, ChunkDecoder];
    for (const { resolution, step, bytes } of packets.slice(0, packets.length >> 1)) [decoder, other].forEach((one) => one.feed(resolution, step, bytes));
    expect(decoder.error(0)).toBe(other.error(0));
    expect(decoder.reconstruct(0)).toEqual(other.reconstruct(0));
    for (const name of ["labels_uint16_odd", "float32_log"]) {
      const { header: told } = packetsOf(vector(name));
      expect(codec.decoder(told, 0).nbytes).toBeGreaterThan(0);
      expect(() => small.decoder(told, 0)).toThrow("does not have this coding");
    }
  });

  it("tells the same of a shard's front by the small core, whatever the coding", async () => {
    const [small, whole] = await Promise.all([loadFronts(compileCodec("ziggurat-means")), loadFronts(compileCodec())]);
    for (const name of ["slide_rgb", "table_grey_levels", "labels_uint16_odd", "float32_log", "float64_special"]) {
      const front = vector(name).subarray(0, whole.nbytes(vector(name)));
      expect(small.nbytes(front), name).toBe(front.length);
      expect(small.index(front), name).toEqual(whole.index(front));
    }
  });

  it("has every level in the same packets", () => {
    const decoder = codec.decoder(header, 0);
    for (const { resolution, step, bytes } of packets) if (resolution >= 2) decoder.feed(resolution, step, bytes);
    expect(decoder.error(2)).toBe(0);
    const source = planePixels();
    const level = decoder.reconstruct(2);
    expect(level).toHaveLength(33 * 34);
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 33; x++) {
        let sum = 0;
        for (let dy = 0; dy < 4; dy++) for (let dx = 0; dx < 4; dx++) sum += source[(4 * y + dy) * PLANE_WIDTH + 4 * x + dx]!;
        expect(Math.abs(level[y * 34 + x]! - sum / 16)).toBeLessThanOrEqual(1); // a mean of rounded means
      }
    }
    decoder.free();
  });

  it("refuses a flipped bit anywhere in a packet, and takes the right one after it", () => {
    const decoder = codec.decoder(header, 0);
    const [first] = packets as [(typeof packets)[0]];
    for (let index = 0; index < first.bytes.length; index++) {
      const damaged = first.bytes.slice();
      damaged[index]! ^= 1 << index % 8;
      expect(() => decoder.feed(first.resolution, first.step, damaged)).toThrow(DamagedError);
    }
    decoder.feed(first.resolution, first.step, first.bytes);
    expect(decoder.knownTo(first.resolution)).toBe(first.step);
    decoder.free();
  });

  it("refuses a damaged header and a chunk that is not there", () => {
    for (const index of [0, 4, 9, 12, 40, 76]) {
      const damaged = header.slice();
      damaged[index]! ^= 4;
      expect(() => codec.decoder(damaged, 0), `byte ${index}`).toThrow(DamagedError);
    }
    expect(() => codec.decoder(header, 1)).toThrow(DamagedError);
    expect(() => codec.decoder(header.subarray(0, 40), 0)).toThrow(DamagedError);
  });
});

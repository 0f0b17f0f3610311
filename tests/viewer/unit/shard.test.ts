/** Packets of a shard whose ranges come in any order are handed on in an order that decoders take. */
import { expect, it } from "vitest";
import type { ShardIndex } from "../../../viewer/src/client/plan.ts";
import { HEADER_NBYTES, type Record } from "../../../viewer/src/client/records.ts";
import { Shard, stored } from "../../../viewer/src/client/store/shard.ts";

/** One chunk, two resolutions, steps 2 to 0. In the object: 100 bytes of front, then (1, 2), (1, 1), (1, 0), (0, 1), (0, 0); (0, 2) is empty. */
const LENGTHS = [30, 20, 0, 10, 10, 10];
const OFFSETS = [150, 130, 0, 120, 110, 100];
const INDEX: ShardIndex = {
  resolutions: 2,
  firstStep: 2,
  chunks: 1,
  offsets: Float64Array.from(OFFSETS),
  lengths: Uint32Array.from(LENGTHS),
  present: Uint8Array.of(1),
  errors: [],
};
const OBJECT = Uint8Array.from({ length: 180 }, (_, at) => at);

function shardWith(headNbytes: number): Shard {
  const shard = new Shard(0, 0, "0/c/0/0");
  shard.stored = stored(new Uint8Array(HEADER_NBYTES.least), INDEX, OBJECT.subarray(0, headNbytes));
  return shard;
}

const come = (shard: Shard, start: number, stop: number): Record[] => shard.packetsIn(start, OBJECT.subarray(start, stop), 0).records;
const said = (records: Record[]): unknown[] => records.map((record) => (record.kind === "packet" ? [record.resolution, record.step, record.bytes[0], record.bytes.length] : record.kind));

it("hands on what comes in order at once", () => {
  expect(said(come(shardWith(100), 100, 180))).toEqual([
    [1, 2, 100, 10],
    [1, 1, 110, 10],
    [1, 0, 120, 10],
    [0, 1, 130, 20],
    [0, 0, 150, 30],
  ]);
});

it("keeps a finer resolution until the coarser one came that it builds on", () => {
  const shard = shardWith(100);
  expect(said(come(shard, 130, 180))).toEqual([]);
  expect(shard.heldSpans()).toEqual([[0, 100], [130, 180]]);
  expect(said(come(shard, 100, 120))).toEqual([
    [1, 2, 100, 10],
    [0, 1, 130, 20],
    [1, 1, 110, 10],
    [0, 0, 150, 30],
  ]);
  expect(said(come(shard, 120, 130))).toEqual([[1, 0, 120, 10]]);
});

it("keeps a low step until those above it came", () => {
  const shard = shardWith(100);
  expect(said(come(shard, 110, 130))).toEqual([]);
  expect(said(come(shard, 100, 110))).toEqual([
    [1, 2, 100, 10],
    [1, 1, 110, 10],
    [1, 0, 120, 10],
  ]);
});

it("puts a packet together that begins in the object's first bytes", () => {
  const shard = shardWith(137);
  expect(said(shard.packetsIn(0, OBJECT.subarray(0, 137), 0).records)).toEqual([
    [1, 2, 100, 10],
    [1, 1, 110, 10],
    [1, 0, 120, 10],
  ]);
  const [first, second] = come(shard, 137, 180);
  expect(first).toMatchObject({ resolution: 0, step: 1, bytes: OBJECT.subarray(130, 150) });
  expect(second).toMatchObject({ resolution: 0, step: 0, bytes: OBJECT.subarray(150, 180) });
});

it("forgets with a chunk what waited for it", () => {
  const shard = shardWith(100);
  come(shard, 130, 180);
  shard.forget(0);
  expect(shard.heldSpans()).toEqual([[0, 100]]);
  expect(said(come(shard, 100, 130))).toEqual([
    [1, 2, 100, 10],
    [1, 1, 110, 10],
    [1, 0, 120, 10],
  ]);
});

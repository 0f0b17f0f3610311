/** The corpus that planners in every language have to answer alike: tests/corpus/README.md. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseDescription } from "../../../viewer/src/client/description.ts";
import { chunksInRegion } from "../../../viewer/src/client/geometry.ts";
import { coalesce, packetsOf, planRanges, sparedSteps, stepForError, type ShardIndex, type Span } from "../../../viewer/src/client/plan.ts";

type Sizes = readonly number[];

interface CorpusShard {
  readonly header: { readonly resolutions: number; readonly first_step: number; readonly coarse_step: number; readonly planes?: number };
  readonly front_nbytes: number;
  readonly errors: readonly Sizes[];
  readonly lengths: readonly (readonly Sizes[] | null)[];
}

interface Corpus {
  readonly version: number;
  readonly arrays: { readonly [name: string]: { readonly shape: Sizes; readonly shard_shape: Sizes; readonly chunk_shape: Sizes } };
  readonly places: readonly { array: string; level: number; region: readonly Span[]; chunks: readonly Span[] }[];
  readonly shards: { readonly [name: string]: CorpusShard };
  readonly steps: readonly { shard: string; level: number; max_error: number; step: number }[];
  readonly plans: readonly {
    name: string; shard: string; chunks: Sizes; level: number; step: number; held: readonly Span[]; gap: number; cap: number;
    packets: { readonly [chunk: string]: readonly Sizes[] }; ranges: readonly Span[];
  }[]; // prettier-ignore
}

const corpus = JSON.parse(readFileSync(new URL("../../corpus/planning.json", import.meta.url), "utf8")) as Corpus;

/** Lays packets out as codecs/SPEC.md, section 4, has it. */
function indexOf({ header, front_nbytes, errors, lengths: told }: CorpusShard): ShardIndex {
  const { resolutions, first_step: firstStep, coarse_step: coarse, planes = 1 } = header;
  const chunks = told.length;
  const flat = chunks * resolutions * (firstStep + 1);
  const [offsets, lengths] = [new Float64Array(flat), new Uint32Array(flat)];
  let position = front_nbytes;
  const put = (chunk: number, resolution: number, step: number): void => {
    const place = (chunk * resolutions + resolution) * (firstStep + 1) + step;
    offsets[place] = position;
    lengths[place] = told[chunk]?.[resolution]?.[step] ?? 0;
    position += lengths[place]!;
  };
  const perPlane = chunks / planes;
  for (let plane = 0; plane < planes; plane++) {
    for (let t = firstStep; t >= coarse; t--) for (let chunk = plane * perPlane; chunk < (plane + 1) * perPlane; chunk++) put(chunk, resolutions - 1, t);
  }
  for (let chunk = 0; chunk < chunks; chunk++) {
    for (let r = resolutions - 1; r >= 0; r--) for (let t = firstStep; t >= 0; t--) if (r < resolutions - 1 || t < coarse) put(chunk, r, t);
  }
  return { resolutions, firstStep, chunks, offsets, lengths, present: Uint8Array.from(told, (chunk) => Number(chunk !== null)), errors };
}

it("is the corpus that is known", () => expect(corpus.version).toBe(1));

describe("chunks of a region", () => {
  it.each(corpus.places.map((one) => [`${one.array} ${JSON.stringify(one.region)} at ${one.level}`, one] as const))("%s", (_, { array, level, region, chunks }) => {
    const { shape, shard_shape, chunk_shape } = corpus.arrays[array]!;
    const axes = shape.length === 3 ? [chunk_shape[0] === 1 ? "z" : "c", "y", "x"] : ["y", "x"];
    const channel = { name: "", colour: "FFFFFF", window: [0, 1], range: [0, 1], visible: true };
    const description = parseDescription({
      name: "", title: "", axes, shape, dtype: "uint8", rgb: axes[0] === "c", channels: [channel], levels: [{ level: 0, shape, array: 0, decode: 0 }],
      arrays: [{ path: "0", level: 0, shape, shard_shape, chunk_shape, resolutions: 1 }],
    }); // prettier-ignore
    // A view is told in pixels of level 0; the last one at the edge may lie beyond it.
    const [y, x] = region.slice(-2).map(([start, stop]) => [start * 2 ** level, stop * 2 ** level] as const) as [Span, Span];
    const found = chunksInRegion(description, 0, 0, { z: region[0]![0] }, { y, x }).map(({ address }) => [address[1], address[2]] as const);
    expect(found.sort((a, b) => a[0] - b[0] || a[1] - b[1])).toEqual(chunks);
  });
});

describe("the step for an error", () => {
  it.each(corpus.steps)("$shard, level $level, $max_error", ({ shard, level, max_error, step }) => {
    expect(stepForError(indexOf(corpus.shards[shard]!), level, max_error)).toBe(step);
  });
});

it.each([
  [4, 0, 0, [0, 0, 0, 0]],
  [4, 0, 3, [3, 2, 1, 0]],
  [4, 1, 2, [2, 2, 1, 0]],
  [4, 0, 5, [5, 4, 3, 0]],
  [1, 0, 3, [0]],
])("of %i resolutions, seen at level %i, fine detail ends early by %i", (resolutions, level, spare, steps) => {
  expect(steps.map((_, resolution) => sparedSteps(resolutions, level, spare, resolution))).toEqual(steps);
});

describe("a plan", () => {
  it.each(corpus.plans)("$name", ({ shard, chunks, level, step, held, gap, cap, packets, ranges }) => {
    const index = indexOf(corpus.shards[shard]!);
    const found = chunks.map((chunk) => [String(chunk), packetsOf(index, chunk, level, step)] as const);
    const told = found.map(([chunk, own]) => [chunk, own.map((packet) => [packet.resolution, packet.step, ...packet.span])] as const);
    expect(Object.fromEntries(told)).toEqual(packets);
    expect(planRanges(found.flatMap(([, own]) => own.map(({ span }) => span)), held, gap, cap)).toEqual(ranges);
  });
});

it("never cuts a packet, and joins over small gaps up to a cap", () => {
  const spans: Span[] = [[0, 500], [505, 600], [610, 620], [700, 710]];
  expect(coalesce(spans, 10, 90)).toEqual([[0, 500], [505, 600], [610, 620], [700, 710]]);
  expect(coalesce([...spans].reverse(), 10, 200)).toEqual([[0, 500], [505, 620], [700, 710]]);
});

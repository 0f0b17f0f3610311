/** What a view wants of which shards: pure, the part of pyramid/ziggurat/server/visible.py that a client needs. */
import type { Description } from "../description.ts";
import { ZigguratError } from "../errors.ts";
import type { View } from "../events.ts";
import { chunksInRegion } from "../geometry.ts";
import { planRanges, sparedSteps, stepForError, GAP_NBYTES, type Span } from "../plan.ts";
import { joined, type Shard } from "./shard.ts";

/** Chunks of one shard that are wanted to one precision. */
export interface Want {
  readonly shard: Shard;
  /** Ordinals, and their places in the order of the view. */
  readonly chunks: ReadonlyMap<number, number>;
  /** The level they are wanted at. */
  readonly decode: number;
  /** Where to stop, in the data's units. */
  readonly maxError: number;
  /** Steps that its finest detail does without; `OVERVIEW`: that all of it does. */
  readonly spare: number | typeof OVERVIEW;
}

/** What is there for the moment until what is looked at has come. */
export const OVERVIEW = "overview";
/** Steps that it does without. */
const OVERVIEW_SPARE = 3;

/** As many as a server allows: docs/protocol.md. */
const MOST_CHUNKS = 16_384;
/** The longest range asked for at once: several on their way together, centre first, show more than one. */
const CAP_NBYTES = 1024 * 1024;

/** @throws ZigguratError where a view touches too many chunks */
export function wantsOf(description: Description, view: View, shardOf: (array: number, shard: number) => Shard): Want[] {
  const target = description.levels[view.level]!;
  const last = description.arrays.length - 1;
  const [height, width] = description.shape.slice(-2) as [number, number];
  const found = new Map<string, { want: Want; chunks: Map<number, number> }>();
  let count = 0;
  const add = (array: number, decode: number, region: View["region"], spare: Want["spare"]): void => {
    for (const { index, max_error: maxError } of view.channels) {
      for (const { address } of chunksInRegion(description, array, index, view.at, region)) {
        const name = `${address[0]}/${address[1]}/${maxError}/${spare}`;
        let entry = found.get(name);
        if (entry === undefined) {
          const chunks = new Map<number, number>();
          found.set(name, (entry = { want: { shard: shardOf(address[0], address[1]), chunks, decode, maxError, spare: maxError > 0 || spare === OVERVIEW ? spare : 0 }, chunks }));
        }
        if (!entry.chunks.has(address[2])) entry.chunks.set(address[2], count++);
      }
    }
  };
  const spare = view.exact ? 0 : (view.spare ?? 0);
  if (view.coarser && last !== target.array) add(last, 0, { y: [0, height], x: [0, width] }, OVERVIEW);
  add(target.array, target.decode, view.region, spare);
  if (view.coarser && last === target.array) add(last, target.decode, { y: [0, height], x: [0, width] }, OVERVIEW);
  if (count > MOST_CHUNKS) throw new ZigguratError(`The view touches ${count} chunks, more than ${MOST_CHUNKS}.`);
  return [...found.values()].map(({ want }) => want);
}

/** How far a stage of a view goes: so many steps short of what its window can show, or to the last bit. */
export type Stage = { readonly short: number } | "exact";

/** The step that the coarsest resolution goes down to. */
export function stepOf({ shard, decode, maxError }: Want, stage: Stage): number {
  const { index } = shard.stored!;
  if (stage === "exact") return 0;
  const level = Math.min(decode, index.resolutions - 1);
  return Math.min(stepForError(index, level, maxError) + stage.short, index.firstStep);
}

/** The steps that all resolutions go down to. */
export function stepsOf(want: Want, stage: Stage): number[] {
  const { spare, decode, shard } = want;
  const { resolutions, firstStep } = shard.stored!.index;
  const spared = (resolution: number): number => (spare === OVERVIEW ? OVERVIEW_SPARE : sparedSteps(resolutions, decode, spare, resolution));
  const [step, end] = [stepOf(want, stage), stepOf(want, { short: 0 })];
  const exact = stage === "exact" && spare !== OVERVIEW;
  return Array.from({ length: resolutions }, (_, resolution) => (exact ? 0 : Math.min(Math.max(step, end + spared(resolution)), firstStep)));
}

export interface Range {
  readonly shard: Shard;
  readonly span: Span;
  /** Those it was asked for. */
  readonly chunks: ReadonlySet<number>;
}

/** What has to be read for a stage, in the order of the view. @param coming what is on its way of a shard already */
export function rangesOf(wants: readonly Want[], stage: Stage, coming: (shard: Shard) => Span[]): Range[] {
  const found: (Range & { place: number })[] = [];
  for (const want of wants) {
    const { shard } = want;
    if (!shard.stored || shard.trouble !== undefined) continue;
    const steps = stepsOf(want, stage);
    const owners = [...want.chunks].flatMap(([chunk, place]) => shard.wantedSpans(chunk, want.decode, steps).map((span) => ({ span, chunk, place })));
    if (owners.length === 0) continue;
    const held = joined([...shard.heldSpans(), ...coming(shard)]);
    for (const span of planRanges(owners.map((owner) => owner.span), held, GAP_NBYTES, CAP_NBYTES)) {
      const inside = owners.filter((owner) => owner.span[0] < span[1] && owner.span[1] > span[0]);
      found.push({ shard, span, chunks: new Set(inside.map(({ chunk }) => chunk)), place: Math.min(...inside.map(({ place }) => place)) });
    }
  }
  return found.sort((a, b) => a.place - b.place);
}

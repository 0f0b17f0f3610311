/**
 * Which bytes answer a request: pure, the same rules as pyramid/ziggurat/plan.py, held together by tests/corpus/planning.json.
 *
 * Chunks of a shard at a level, to a step, need the packets (resolution ≥ level, step ≥ the wanted one) that are not held yet.
 */

/** Half open: the first byte, and the one after the last. */
export type Span = readonly [start: number, stop: number];

/** What header and index of a shard tell: codecs/SPEC.md, sections 2 and 3. Arrays of [chunk][resolution][step] in C order. */
export interface ShardIndex {
  readonly resolutions: number;
  readonly firstStep: number;
  readonly chunks: number;
  /** Where each packet starts in the object. */
  readonly offsets: Float64Array;
  /** Bytes with checksum, 0 where empty. */
  readonly lengths: Uint32Array;
  /** 0 where a chunk is all fill. */
  readonly present: Uint8Array;
  /** [level][step]: the guaranteed error where all resolutions are known at least to that step, in the data's units. */
  readonly errors: readonly (readonly number[])[];
}

export interface PacketSpan {
  readonly resolution: number;
  readonly step: number;
  readonly span: Span;
}

/** Bytes worth reading in vain to save a request: 8 KiB take 7 ms at 10 Mbit/s, less than one round trip to most stores. */
export const GAP_NBYTES = 8 * 1024;

export const placeOf = ({ resolutions, firstStep }: ShardIndex, chunk: number, resolution: number, step: number): number =>
  (chunk * resolutions + resolution) * (firstStep + 1) + step;

/** The packets that a chunk needs for `level` down to `step`, the empty ones left out; coarse ones first. */
export function packetsOf(index: ShardIndex, chunk: number, level: number, step: number): PacketSpan[] {
  const found: PacketSpan[] = [];
  if (index.present[chunk] === 0) return found;
  const finest = Math.min(level, index.resolutions - 1);
  for (let resolution = index.resolutions - 1; resolution >= finest; resolution--) {
    for (let t = index.firstStep; t >= step; t--) {
      const place = placeOf(index, chunk, resolution, t);
      const [start, nbytes] = [index.offsets[place]!, index.lengths[place]!];
      if (nbytes > 0) found.push({ resolution, step: t, span: [start, start + nbytes] });
    }
  }
  return found;
}

/**
 * Joins spans that do not overlap into ranges in the order of the object.
 * @param gap two with at most this many bytes between share a range
 * @param cap no joined range is longer; a single longer span stays whole, so that a packet is never cut
 */
export function coalesce(spans: readonly Span[], gap: number, cap: number): Span[] {
  const ranges: [number, number][] = [];
  for (const [start, stop] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = ranges.at(-1);
    if (last !== undefined && start - last[1] <= gap && stop - last[0] <= cap) last[1] = Math.max(stop, last[1]);
    else ranges.push([start, stop]);
  }
  return ranges;
}

/** The parts of a span that are in none of `held`, which are in order and apart from each other. */
export function missing([start, stop]: Span, held: readonly Span[]): Span[] {
  const found: Span[] = [];
  let position = start;
  for (let at = firstEndingAfter(held, start); at < held.length && held[at]![0] < stop; at++) {
    if (held[at]![0] > position) found.push([position, held[at]![0]]);
    position = Math.max(position, held[at]![1]);
  }
  if (position < stop) found.push([position, stop]);
  return found;
}

function firstEndingAfter(held: readonly Span[], position: number): number {
  let [low, high] = [0, held.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (held[middle]![1] > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What to ask for, so that all of `wanted` is there; what is held is not asked for again, not even in a gap that is read along. */
export function planRanges(wanted: readonly Span[], held: readonly Span[], gap: number, cap: number): Span[] {
  const parts = wanted.flatMap((span) => missing(span, held));
  return coalesce(parts, gap, cap).flatMap((range) => missing(range, held));
}

/**
 * The highest step whose guaranteed error at `level` is at most `maxError`; 0, which is exact, where there is none, and for no
 * error at all: only then are floats the same bit by bit.
 */
export function stepForError(index: ShardIndex, level: number, maxError: number): number {
  for (let step = maxError > 0 ? index.firstStep : 0; step > 0; step--) if (index.errors[level]![step]! <= maxError) return step;
  return 0;
}

/** How many steps early a resolution of a chunk ends that is looked at on `level`: docs/protocol.md, `spare`. */
export const sparedSteps = (resolutions: number, level: number, spare: number, resolution: number): number =>
  resolution === resolutions - 1 ? 0 : Math.max(0, spare - Math.max(0, resolution - level));

/** One stored shard: where its packets are, and which of them were handed on. */
import { packetsOf, placeOf, type ShardIndex, type Span } from "../plan.ts";
import type { Record } from "../records.ts";

export interface Stored {
  readonly header: Uint8Array;
  readonly index: ShardIndex;
  /** The first bytes of the object, which came with the index. */
  readonly head: Uint8Array;
  /** The packets that are not empty in the order of the object, each as its place in the index's arrays. */
  readonly layout: Uint32Array;
}

export function stored(header: Uint8Array, index: ShardIndex, head: Uint8Array): Stored {
  const places = Array.from(index.lengths.keys()).filter((place) => index.lengths[place]! > 0);
  return { header, index, head, layout: Uint32Array.from(places.sort((a, b) => index.offsets[a]! - index.offsets[b]!)) };
}

export const nbytesOf = ({ index, head, layout }: Stored): number =>
  index.offsets.byteLength + index.lengths.byteLength + index.present.byteLength + head.byteLength + layout.byteLength;

export class Shard {
  /** Undefined until it was read; null where the object is not stored. */
  stored: Stored | undefined | null;
  /** Why it cannot be read. */
  trouble: string | undefined;
  /** Of each chunk the lowest step handed on, by resolution; above all steps where nothing was. */
  private readonly known = new Map<number, Uint8Array>();
  /** Of each chunk the packets that came before others they build on, by their places in the index: ranges come in any order. */
  private readonly early = new Map<number, Map<number, Uint8Array>>();
  private headerTold = false;

  constructor(
    readonly array: number,
    readonly ordinal: number,
    readonly key: string,
  ) {}

  forget(chunk: number): void {
    this.known.delete(chunk);
    this.early.delete(chunk);
  }

  /** What of the object came and is still known, in order. */
  heldSpans(): Span[] {
    const { index, head } = this.stored!;
    const spans = [...this.known.keys()].flatMap((chunk) => {
      const steps = this.knownOf(chunk);
      return packetsOf(index, chunk, 0, 0).flatMap(({ resolution, step, span }) => (step >= steps[resolution]! ? [span] : []));
    });
    for (const places of this.early.values()) for (const place of places.keys()) spans.push(spanOf(index, place));
    return joined([[0, head.length], ...spans]);
  }

  /** The packets of a chunk that are not known yet. */
  wantedSpans(chunk: number, level: number, steps: readonly number[]): Span[] {
    const { index } = this.stored!;
    const known = this.knownOf(chunk);
    const wanted = packetsOf(index, chunk, level, Math.min(...steps));
    return wanted.flatMap(({ resolution, step, span }) => (step >= steps[resolution]! && step < known[resolution]! ? [span] : []));
  }

  /** What has to be told of a shard before its first packet. */
  preamble(): Record[] {
    const { array, ordinal: shard, stored: own } = this;
    if (this.headerTold || own === undefined) return [];
    this.headerTold = true;
    return [own === null ? { kind: "shardAbsent", array, shard } : { kind: "shard", array, shard, header: own.header }];
  }

  /**
   * The packets that can be handed on now that some bytes of the object came, in an order that decoders take. Those that lie whole in
   * the bytes are looked at; the first of them may begin in the object's first bytes, which are here.
   * @param from where to begin in the layout: what an earlier call with fewer of these bytes returned
   */
  packetsIn(start: number, bytes: Uint8Array, from: number, wanted?: { has(chunk: number): boolean }): { records: Record[]; next: number } {
    const { index, layout, head } = this.stored!;
    const records: Record[] = [];
    let at = from;
    for (; at < layout.length; at++) {
      const place = layout[at]!;
      const offset = index.offsets[place]! - start;
      const end = offset + index.lengths[place]!;
      if (end <= 0 || (offset < 0 && start > head.length)) continue;
      if (end > bytes.length) break;
      const packet = offset < 0 ? concatenated(head.subarray(start + offset, start), bytes.subarray(0, end)) : bytes.subarray(offset, end);
      const chunk = Math.floor(place / (index.resolutions * (index.firstStep + 1)));
      if (wanted !== undefined && !wanted.has(chunk)) continue;
      this.earlyOf(chunk).set(place, packet);
      records.push(...this.ready(chunk));
      // What waits must not keep alive all that came with it.
      if (this.early.get(chunk)?.has(place)) this.earlyOf(chunk).set(place, packet.slice());
    }
    return { records, next: at };
  }

  /** That a chunk has nothing more to say down to steps, one a resolution, or nothing at all. */
  endOf(chunk: number, level: number, ends: readonly number[]): Record[] {
    const { array, ordinal: shard } = this;
    const { index } = this.stored!;
    if (index.present[chunk] === 0) {
      if (this.known.has(chunk)) return [];
      this.knownOf(chunk);
      return [{ kind: "chunkAbsent", array, shard, chunk }];
    }
    const steps = this.knownOf(chunk);
    const records: Record[] = [];
    for (let resolution = index.resolutions - 1; resolution >= Math.min(level, index.resolutions - 1); resolution--) {
      const step = ends[resolution]!;
      if (steps[resolution]! <= step || !this.emptyBetween(chunk, resolution, step, steps[resolution]!)) continue;
      steps[resolution] = step;
      records.push({ kind: "packet", array, shard, chunk, resolution, step, bytes: new Uint8Array() });
    }
    return records;
  }

  private knownOf(chunk: number): Uint8Array {
    const { resolutions, firstStep } = this.stored!.index;
    let steps = this.known.get(chunk);
    if (steps === undefined) this.known.set(chunk, (steps = new Uint8Array(resolutions).fill(firstStep + 1)));
    return steps;
  }

  private earlyOf(chunk: number): Map<number, Uint8Array> {
    let places = this.early.get(chunk);
    if (places === undefined) this.early.set(chunk, (places = new Map()));
    return places;
  }

  /** Of the packets of a chunk that came early those whose turn it is: coarse resolutions first, high steps first. */
  private ready(chunk: number): Record[] {
    const { index } = this.stored!;
    const steps = this.knownOf(chunk);
    const early = this.earlyOf(chunk);
    const records: Record[] = [];
    for (const [place, bytes] of [...early].sort((a, b) => b[0] - a[0])) {
      const step = place % (index.firstStep + 1);
      const resolution = Math.floor(place / (index.firstStep + 1)) % index.resolutions;
      const late = step >= steps[resolution]!;
      if (!late && !this.buildsOnKnown(chunk, resolution, step, steps)) continue;
      early.delete(place);
      if (late) continue;
      steps[resolution] = step;
      records.push({ kind: "packet", array: this.array, shard: this.ordinal, chunk, resolution, step, bytes });
    }
    if (early.size === 0) this.early.delete(chunk);
    return records;
  }

  /** Whether all is known that a packet builds on: the steps above it, and of the coarser resolution those down to the step above. */
  private buildsOnKnown(chunk: number, resolution: number, step: number, steps: Uint8Array): boolean {
    const { resolutions, firstStep } = this.stored!.index;
    if (!this.emptyBetween(chunk, resolution, step + 1, steps[resolution]!)) return false;
    const coarser = resolution + 1;
    return coarser === resolutions || this.emptyBetween(chunk, coarser, Math.min(step + 1, firstStep), steps[coarser]!);
  }

  /** Whether all packets of steps [from, to) are empty. */
  private emptyBetween(chunk: number, resolution: number, from: number, to: number): boolean {
    const { index } = this.stored!;
    for (let step = from; step < to; step++) if (index.lengths[placeOf(index, chunk, resolution, step)]! > 0) return false;
    return true;
  }
}

const spanOf = ({ offsets, lengths }: ShardIndex, place: number): Span => [offsets[place]!, offsets[place]! + lengths[place]!];

function concatenated(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** Spans that touch become one. */
export function joined(spans: readonly Span[]): Span[] {
  const found: [number, number][] = [];
  for (const [start, stop] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], stop);
    else found.push([start, stop]);
  }
  return found;
}

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
  private headerTold = false;

  constructor(
    readonly array: number,
    readonly ordinal: number,
    readonly key: string,
  ) {}

  forget(chunk: number): void {
    this.known.delete(chunk);
  }

  /** What of the object was handed on, in order. */
  heldSpans(): Span[] {
    const { index } = this.stored!;
    const spans = [...this.known.keys()].flatMap((chunk) => {
      const steps = this.knownOf(chunk);
      return packetsOf(index, chunk, 0, 0).flatMap(({ resolution, step, span }) => (step >= steps[resolution]! ? [span] : []));
    });
    return joined(spans);
  }

  /** The packets of a chunk that are not known yet. */
  wantedSpans(chunk: number, level: number, step: number): Span[] {
    const { index } = this.stored!;
    const steps = this.knownOf(chunk);
    return packetsOf(index, chunk, level, step).flatMap((packet) => (packet.step < steps[packet.resolution]! ? [packet.span] : []));
  }

  /** What has to be told of a shard before its first packet. */
  preamble(): Record[] {
    const { array, ordinal: shard, stored: own } = this;
    if (this.headerTold || own === undefined) return [];
    this.headerTold = true;
    return [own === null ? { kind: "shardAbsent", array, shard } : { kind: "shard", array, shard, header: own.header }];
  }

  /**
   * The packets that lie whole in some bytes of the object and can be used: no lower than the step after those that are known.
   * @param from where to begin in the layout: what an earlier call with fewer of these bytes returned
   */
  packetsIn(start: number, bytes: Uint8Array, from: number, wanted?: { has(chunk: number): boolean }): { records: Record[]; next: number } {
    const { index, layout } = this.stored!;
    const records: Record[] = [];
    let at = from;
    for (; at < layout.length; at++) {
      const place = layout[at]!;
      const offset = index.offsets[place]! - start;
      if (offset < 0) continue;
      const end = offset + index.lengths[place]!;
      if (end > bytes.length) break;
      const record = this.take(place, bytes, offset, end, wanted);
      if (record !== undefined) records.push(record);
    }
    return { records, next: at };
  }

  /** That a chunk has nothing more to say down to a step, or nothing at all. */
  endOf(chunk: number, level: number, step: number): Record[] {
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

  private take(place: number, bytes: Uint8Array, offset: number, end: number, wanted?: { has(chunk: number): boolean }): Record | undefined {
    const { index } = this.stored!;
    const step = place % (index.firstStep + 1);
    const row = Math.floor(place / (index.firstStep + 1));
    const [chunk, resolution] = [Math.floor(row / index.resolutions), row % index.resolutions];
    if (wanted !== undefined && !wanted.has(chunk)) return undefined;
    const steps = this.knownOf(chunk);
    if (step >= steps[resolution]! || !this.emptyBetween(chunk, resolution, step + 1, steps[resolution]!)) return undefined;
    steps[resolution] = step;
    return { kind: "packet", array: this.array, shard: this.ordinal, chunk, resolution, step, bytes: bytes.subarray(offset, end) };
  }

  /** Whether all packets of steps [from, to) are empty. */
  private emptyBetween(chunk: number, resolution: number, from: number, to: number): boolean {
    const { index } = this.stored!;
    for (let step = from; step < to; step++) if (index.lengths[placeOf(index, chunk, resolution, step)]! > 0) return false;
    return true;
  }
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

import type { ChunkKey } from "./geometry.ts";

interface Entry {
  nbytes: number;
  /** The step down to which each resolution is known. */
  readonly steps: Map<number, number>;
}

/**
 * What is held of each chunk, and what to forget when there are too many bytes.
 *
 * A chunk that was forgotten may still have packets on the way. They must not be taken, as they lean on packets that are gone;
 * `take` knows them by the view they were sent for.
 */
export class Held {
  private readonly entries = new Map<ChunkKey, Entry>(); // in the order of last use
  private readonly takeFrom = new Map<ChunkKey, number>();
  private total = 0;

  constructor(private readonly budgetNbytes: number) {}

  get nbytes(): number {
    return this.total;
  }

  keys(): Iterable<ChunkKey> {
    return this.entries.keys();
  }

  /** The step down to which each resolution of a chunk is known; undefined where nothing is. */
  stepsOf(key: ChunkKey): ReadonlyMap<number, number> | undefined {
    return this.entries.get(key)?.steps;
  }

  /** Counts a packet in. @returns false where it must be thrown away: it is late, or known (sent again after a lost connection) */
  take(key: ChunkKey, viewId: number, resolution: number, step: number, nbytes: number): boolean {
    if (viewId < (this.takeFrom.get(key) ?? 0)) return false;
    this.takeFrom.delete(key);
    let entry = this.entries.get(key);
    if (entry === undefined) this.entries.set(key, (entry = { nbytes: 0, steps: new Map() }));
    if (step >= (entry.steps.get(resolution) ?? Infinity)) return false;
    entry.steps.set(resolution, step);
    entry.nbytes += nbytes;
    this.total += nbytes;
    return true;
  }

  /** Marks chunks as used now. */
  touch(keys: Iterable<ChunkKey>): void {
    for (const key of keys) {
      const entry = this.entries.get(key);
      if (entry === undefined) continue;
      this.entries.delete(key);
      this.entries.set(key, entry);
    }
  }

  /**
   * Forgets the chunks used longest ago until the rest fits, but none of `inView`.
   * @param nextViewId packets of these chunks are taken again from this view on
   */
  evict(inView: { has(key: ChunkKey): boolean }, nextViewId: number): ChunkKey[] {
    const gone: ChunkKey[] = [];
    for (const key of this.entries.keys()) {
      if (this.total <= this.budgetNbytes) break;
      if (inView.has(key)) continue;
      this.forget(key, nextViewId);
      gone.push(key);
    }
    return gone;
  }

  forget(key: ChunkKey, nextViewId: number): void {
    this.total -= this.entries.get(key)?.nbytes ?? 0;
    this.entries.delete(key);
    this.takeFrom.set(key, nextViewId);
  }
}

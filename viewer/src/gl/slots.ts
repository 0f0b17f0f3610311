import type { ChunkKey } from "../client/geometry.ts";

/** Hands out the places of a texture, and takes back the one used longest ago when there is none left. */
export class Slots {
  private readonly slotOf = new Map<ChunkKey, number>(); // in the order of last use
  private readonly free: number[];

  constructor(public count: number) {
    this.free = Array.from({ length: count }, (_, index) => count - 1 - index);
  }

  /** @param count how many there are from now on */
  grow(count: number): void {
    this.free.unshift(...Array.from({ length: count - this.count }, (_, index) => count - 1 - index));
    this.count = count;
  }

  get used(): number {
    return this.slotOf.size;
  }

  get(key: ChunkKey): number | undefined {
    return this.slotOf.get(key);
  }

  touch(keys: Iterable<ChunkKey>): void {
    for (const key of keys) {
      const slot = this.slotOf.get(key);
      if (slot === undefined) continue;
      this.slotOf.delete(key);
      this.slotOf.set(key, slot);
    }
  }

  /**
   * A slot for a chunk that has none yet.
   * @param pinned chunks that must keep theirs
   * @returns the slot and who lost it; undefined when all are pinned
   */
  take(key: ChunkKey, pinned: { has(key: ChunkKey): boolean }): { slot: number; evicted: ChunkKey | undefined } | undefined {
    const free = this.free.pop();
    if (free !== undefined) {
      this.slotOf.set(key, free);
      return { slot: free, evicted: undefined };
    }
    for (const [evicted, slot] of this.slotOf) {
      if (pinned.has(evicted)) continue;
      this.slotOf.delete(evicted);
      this.slotOf.set(key, slot);
      return { slot, evicted };
    }
    return undefined;
  }
}

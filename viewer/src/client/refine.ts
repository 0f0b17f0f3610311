/** Turns packets into pictures, chunk by chunk: the part of the client that runs in a worker, without the worker. */
import type { ChunkDecoder, Codec, Pixels } from "./codec.ts";
import { DamagedError } from "./errors.ts";
import type { ChunkKey } from "./geometry.ts";

export interface HeldPacket {
  readonly resolution: number;
  readonly step: number;
  readonly bytes: Uint8Array;
}

export interface Picture {
  readonly key: ChunkKey;
  readonly level: number;
  readonly height: number;
  readonly width: number;
  readonly pixels: Pixels;
  /** The guaranteed error at every level of the chunk, in the data's units, by what is known now. */
  readonly errors: readonly number[];
}

export interface Emit {
  picture(picture: Picture): void;
  damaged(key: ChunkKey, message: string): void;
}

interface Chunk {
  readonly header: Uint8Array;
  readonly ordinal: number;
  readonly packets: HeldPacket[];
  /** How many of `packets` the decoder was fed. */
  fed: number;
  decoder: ChunkDecoder | undefined;
  /** The finest level that all packets together can show; undefined when packets came since it was found. */
  finest: number | undefined;
  /** Levels reconstructed from all that is known. */
  readonly fresh: Set<number>;
  damaged: boolean;
}

/**
 * Holds packets for good (until they are dropped) and decoders as long as they fit into a budget: a decoder can be made again
 * from its packets. What is asked for is reconstructed one chunk at a time, so that packets that arrive meanwhile are taken together.
 */
export class Refiner {
  private readonly headers = new Map<string, Uint8Array>();
  private readonly chunks = new Map<ChunkKey, Chunk>();
  private readonly awake = new Set<ChunkKey>(); // chunks that have a decoder, in the order of last use
  private awakeNbytes = 0;
  private wanted = new Map<ChunkKey, number>();
  private readonly queue = new Set<ChunkKey>();

  constructor(
    private readonly codec: Codec,
    private readonly budgetNbytes: number,
    private readonly emit: Emit,
  ) {}

  /** Whether `work` has anything to do. */
  get busy(): boolean {
    return this.queue.size > 0;
  }

  get decoderNbytes(): number {
    return this.awakeNbytes;
  }

  header(shard: string, header: Uint8Array): void {
    this.headers.set(shard, header);
  }

  /** @param shard "array/shard", whose header came before */
  packet(key: ChunkKey, shard: string, ordinal: number, packet: HeldPacket): void {
    let chunk = this.chunks.get(key);
    if (chunk === undefined) {
      const header = this.headers.get(shard);
      if (header === undefined) return this.emit.damaged(key, "a packet came before its shard's header");
      chunk = { header, ordinal, packets: [], fed: 0, decoder: undefined, finest: undefined, fresh: new Set(), damaged: false };
      this.chunks.set(key, chunk);
    }
    chunk.packets.push(packet);
    chunk.finest = undefined;
    chunk.fresh.clear();
    if (this.wanted.has(key)) this.queue.add(key);
  }

  /** What shall be seen, and each chunk at which level; replaces what was wanted before. */
  want(wanted: Map<ChunkKey, number>): void {
    this.wanted = wanted;
    for (const key of this.queue) if (!wanted.has(key)) this.queue.delete(key);
    for (const key of wanted.keys()) if (this.chunks.has(key)) this.queue.add(key);
  }

  /** The pictures made of these chunks are gone: make them again when they are wanted. */
  lost(keys: readonly ChunkKey[]): void {
    for (const key of keys) {
      this.chunks.get(key)?.fresh.clear();
      if (this.wanted.has(key) && this.chunks.has(key)) this.queue.add(key);
    }
  }

  drop(keys: readonly ChunkKey[]): void {
    for (const key of keys) {
      this.sleep(key);
      this.chunks.delete(key);
      this.queue.delete(key);
    }
  }

  /** Brings the chunk that has waited longest up to date. */
  work(): void {
    for (const key of this.queue) {
      this.queue.delete(key);
      const chunk = this.chunks.get(key);
      const wanted = this.wanted.get(key);
      if (chunk === undefined || wanted === undefined || chunk.damaged) continue;
      if (this.refresh(key, chunk, wanted)) return;
    }
  }

  /** @returns whether there was anything to decode */
  private refresh(key: ChunkKey, chunk: Chunk, wanted: number): boolean {
    if (chunk.finest !== undefined && chunk.fresh.has(Math.max(wanted, chunk.finest))) return false;
    try {
      const decoder = this.wake(key, chunk);
      while (chunk.fed < chunk.packets.length) feed(decoder, chunk.packets[chunk.fed++]!);
      chunk.finest = finestKnown(decoder);
      if (chunk.finest === decoder.resolutions) return false;
      const level = Math.max(wanted, chunk.finest);
      const pixels = decoder.reconstruct(level);
      chunk.fresh.add(level);
      const errors = Array.from({ length: decoder.resolutions }, (_, n) => decoder.error(n));
      const [height, width] = [decoder.height, decoder.width].map((size) => Math.ceil(size / 2 ** level)) as [number, number];
      this.emit.picture({ key, level, height, width, pixels, errors });
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      chunk.damaged = true;
      this.sleep(key);
      this.emit.damaged(key, error.message);
    }
    return true;
  }

  private wake(key: ChunkKey, chunk: Chunk): ChunkDecoder {
    if (chunk.decoder === undefined) {
      chunk.decoder = this.codec.decoder(chunk.header, chunk.ordinal);
      chunk.fed = 0;
      this.awakeNbytes += chunk.decoder.nbytes;
    }
    this.awake.delete(key);
    this.awake.add(key);
    for (const oldest of this.awake) {
      if (this.awakeNbytes <= this.budgetNbytes || oldest === key) break;
      this.sleep(oldest);
    }
    return chunk.decoder;
  }

  private sleep(key: ChunkKey): void {
    const chunk = this.chunks.get(key);
    if (chunk?.decoder === undefined) return;
    this.awakeNbytes -= chunk.decoder.nbytes;
    chunk.decoder.free();
    chunk.decoder = undefined;
    chunk.fed = 0;
    this.awake.delete(key);
  }
}

function feed(decoder: ChunkDecoder, { resolution, step, bytes }: HeldPacket): void {
  if (resolution >= decoder.resolutions) throw new DamagedError(`the chunk has no resolution ${resolution}`);
  decoder.feed(resolution, step, bytes);
}

/** The finest level all of whose resolutions are known to some step; `resolutions` when none is. */
function finestKnown(decoder: ChunkDecoder): number {
  let level = decoder.resolutions;
  while (level > 0 && decoder.knownTo(level - 1) !== Infinity) level--;
  return level;
}

/** One image from one feed: views go out, pictures come in. Knows nothing of screens. */
import type { Description } from "./description.ts";
import type { ErrorEvent, HeldMessage, ServerEvent, View } from "./events.ts";
import { ZigguratError } from "./errors.ts";
import type { Feed, FeedListener } from "./feed.ts";
import { addressOf, keyOf, type ChunkKey } from "./geometry.ts";
import { Held } from "./held.ts";
import { Pool, type WorkerLike } from "./pool.ts";
import type { Message, Record } from "./records.ts";
import type { Picture } from "./refine.ts";
import { resumption } from "./resume.ts";
import type { PacketFor } from "./worker.ts";

export interface SessionListener {
  picture(picture: Picture): void;
  /** A chunk cannot be shown as it was stored; all others go on. */
  damaged(key: ChunkKey, message: string): void;
  /** Bytes came, a view was finished, or chunks turned out to be absent. */
  progress(): void;
  connected(connected: boolean): void;
  failed(error: Error): void;
}

export interface SessionParts {
  /** Begins to feed: a server's stream, or a store's bytes. */
  readonly feed: (listener: FeedListener) => Feed;
  readonly workers: readonly WorkerLike[];
  /** The codec core, which may be the small one where the workers know how to load the other: `decodeFor`. */
  readonly module: WebAssembly.Module;
  /** Packets, as received. */
  readonly heldBudgetNbytes: number;
  /** Decoders in all workers together. */
  readonly decoderBudgetNbytes: number;
}

export class Session {
  /** All that came over the connection. */
  bytesReceived = 0;
  private readonly feed: Feed;
  private readonly pool: Pool;
  private readonly held: Held;
  private readonly headers = new Map<string, Uint8Array>();
  private readonly absentShards = new Set<string>();
  private readonly absentChunks = new Set<ChunkKey>();
  private handle: number | undefined;
  private viewId = 0;
  private doneId = -1;
  private reached: { readonly id: number; readonly maxError: number } | undefined;

  constructor(
    readonly description: Description,
    parts: SessionParts,
    private readonly listener: SessionListener,
  ) {
    this.held = new Held(parts.heldBudgetNbytes);
    this.pool = new Pool(parts.workers, parts.module, parts.decoderBudgetNbytes, {
      picture: (picture) => listener.picture(picture),
      damaged: (key, message) => listener.damaged(key, message),
      idle: () => listener.progress(),
      failed: (error) => listener.failed(error),
    });
    this.feed = parts.feed({
      held: () => this.whatIsHeld(),
      message: (message, nbytes) => this.received(message, nbytes),
      event: (event) => this.heard(event),
      connected: (connected) => this.connected(connected),
      failed: (error) => listener.failed(error),
    });
  }

  /** Packets that are held, in bytes. */
  get heldNbytes(): number {
    return this.held.nbytes;
  }

  /** Whether the server has nothing left to send for the last view, and all of it is decoded. */
  get settled(): boolean {
    return this.sent && !this.pool.busy;
  }

  /** Whether all that came was decoded. */
  get caughtUp(): boolean {
    return !this.pool.busy;
  }

  /**
   * The guaranteed error of all that is in view, as the server tells it when a whole step was sent; Infinity before. It may be
   * less than chunks know by themselves: empty packets are not sent.
   */
  get reachedError(): number {
    return this.reached?.id === this.viewId ? this.reached.maxError : Infinity;
  }

  /** Whether the server has nothing left to send for the last view. */
  get sent(): boolean {
    return this.viewId > 0 && this.doneId === this.viewId;
  }

  /** @param wanted the chunks to make pictures of, each with its decode level, most important first */
  show(view: Omit<View, "image">, wanted: ReadonlyMap<ChunkKey, number>): void {
    this.want(wanted);
    this.viewId = this.feed.show({ image: this.description.name, ...view });
    const gone = this.held.evict(wanted, this.feed.nextId);
    this.pool.drop(gone);
    this.feed.forget(this.description.name, gone.map(addressOf));
  }

  /** Another choice of pictures from what is held or comes for the present view. */
  want(wanted: ReadonlyMap<ChunkKey, number>): void {
    this.held.touch([...wanted.keys()].reverse());
    this.pool.want(wanted);
  }

  /** These pictures were thrown away: if they are wanted they come again. */
  lost(keys: readonly ChunkKey[]): void {
    this.pool.lost(keys);
  }

  /** What a chunk reads as that has no packets; undefined for all others. */
  fillOf(key: ChunkKey): number | undefined {
    const [array, shard] = addressOf(key);
    return this.absentShards.has(`${array}/${shard}`) || this.absentChunks.has(key) ? this.description.fill : undefined;
  }

  close(): void {
    this.feed.close();
    this.pool.close();
  }

  private connected(connected: boolean): void {
    this.handle = undefined; // the next connection gives its own
    this.listener.connected(connected);
  }

  private whatIsHeld(): HeldMessage[] {
    const { name, version, arrays } = this.description;
    if (version === undefined) return [];
    const { headers, absentShards, absentChunks, held } = this;
    const resolutions = arrays.map((array) => array.resolutions);
    return resumption(name, version, { resolutions, shards: [...headers.keys(), ...absentShards], absentChunks, held });
  }

  private heard(event: ServerEvent): void {
    if (event.type === "opened" && event.image === this.description.name) this.opened(event.handle, event.version);
    else if (event.type === "reached") this.reached = event;
    else if (event.type === "done") this.doneId = event.id;
    else if (event.type === "error") this.refused(event);
    this.listener.progress();
  }

  private opened(handle: number, version: string | undefined): void {
    this.handle = handle;
    const known = this.description.version;
    if (known === undefined || version === undefined || version === known) return;
    this.listener.failed(new ZigguratError("The image was written anew: open it again."));
  }

  private refused({ id, message, chunk, shard }: ErrorEvent): void {
    if (chunk !== undefined) return this.listener.damaged(keyOf(...chunk), message);
    if (shard !== undefined) return this.listener.damaged(shard.join("/"), message);
    if (id !== undefined) this.doneId = id; // no `done` follows
    this.listener.failed(new ZigguratError(message));
  }

  private received({ viewId, handle, records }: Message, nbytes: number): void {
    this.bytesReceived += nbytes;
    if (handle !== this.handle) return;
    const packets: PacketFor[] = [];
    for (const record of records) this.take(record, viewId, packets);
    this.pool.packets(packets);
    this.listener.progress();
  }

  private take(record: Record, viewId: number, packets: PacketFor[]): void {
    const shard = `${record.array}/${record.shard}`;
    switch (record.kind) {
      case "shard":
        this.replaceHeader(shard, record.header.slice());
        break;
      case "shardAbsent":
        this.absentShards.add(shard);
        break;
      case "chunkAbsent":
        this.absentChunks.add(keyOf(record.array, record.shard, record.chunk));
        break;
      case "packet": {
        const { chunk, resolution, step, bytes } = record;
        const key = keyOf(record.array, record.shard, chunk);
        if (!this.held.take(key, viewId, resolution, step, bytes.length)) break;
        packets.push({ key, shard, ordinal: chunk, resolution, step, bytes });
      }
    }
  }

  /** Another header than before: the stored image was replaced while the connection was lost, and nothing held fits it. */
  private replaceHeader(shard: string, header: Uint8Array): void {
    const before = this.headers.get(shard);
    if (before !== undefined && before.every((byte, index) => byte === header[index])) return;
    this.headers.set(shard, header);
    if (before !== undefined) {
      const stale = [...this.held.keys()].filter((key) => key.startsWith(`${shard}/`));
      for (const key of stale) this.held.forget(key, 0);
      this.pool.drop(stale);
    }
    this.pool.header(shard, header);
  }
}

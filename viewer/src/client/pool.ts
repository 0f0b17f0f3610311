/** The decoding workers. A chunk always goes to the same one, as its decoder is there. */
import { addressOf, type ChunkKey } from "./geometry.ts";
import type { Picture } from "./refine.ts";
import type { FromWorker, PacketFor, ToWorker } from "./worker.ts";

export interface PoolListener {
  picture(picture: Picture): void;
  damaged(key: ChunkKey, message: string): void;
  /** All that was asked for is decoded. */
  idle(): void;
  /** A worker ran into what nobody foresaw, or cannot load what decodes a chunk. */
  failed(error: Error): void;
}

/** The part of Worker that is used. */
export interface WorkerLike {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  terminate(): void;
}

interface Hand {
  readonly worker: WorkerLike;
  sent: number;
  done: number;
}

export class Pool {
  private readonly hands: Hand[];

  constructor(
    workers: readonly WorkerLike[],
    module: WebAssembly.Module,
    budgetNbytes: number,
    private readonly listener: PoolListener,
  ) {
    this.hands = workers.map((worker) => ({ worker, sent: 0, done: 0 }));
    for (const hand of this.hands) {
      hand.worker.onmessage = ({ data }) => this.received(hand, data);
      hand.worker.onerror = ({ message }) => listener.failed(new Error(message));
      this.send(hand, { type: "start", module, budgetNbytes: budgetNbytes / workers.length });
    }
  }

  get busy(): boolean {
    return this.hands.some((hand) => hand.done < hand.sent);
  }

  header(shard: string, header: Uint8Array): void {
    for (const hand of this.hands) this.send(hand, { type: "header", shard, header: header.slice() });
  }

  /** Copies the packets' bytes out of the message they came in. */
  packets(packets: readonly PacketFor[]): void {
    for (const [hand, own] of this.share(packets, (packet) => packet.key)) {
      const copies = own.map((packet) => ({ ...packet, bytes: packet.bytes.slice() }));
      this.send(hand, { type: "packets", packets: copies }, copies.map((packet) => packet.bytes.buffer));
    }
  }

  want(wanted: ReadonlyMap<ChunkKey, number>): void {
    const shares = new Map(this.share([...wanted], ([key]) => key));
    for (const hand of this.hands) this.send(hand, { type: "want", wanted: new Map(shares.get(hand)) });
  }

  lost(keys: readonly ChunkKey[]): void {
    for (const [hand, own] of this.share(keys, (key) => key)) this.send(hand, { type: "lost", keys: own });
  }

  drop(keys: readonly ChunkKey[]): void {
    for (const [hand, own] of this.share(keys, (key) => key)) this.send(hand, { type: "drop", keys: own });
  }

  close(): void {
    for (const { worker } of this.hands) worker.terminate();
  }

  private share<T>(items: readonly T[], keyOf: (item: T) => ChunkKey): Map<Hand, T[]> {
    const shares = new Map<Hand, T[]>();
    for (const item of items) {
      const [array, shard, chunk] = addressOf(keyOf(item));
      const hand = this.hands[(array + shard + chunk) % this.hands.length]!;
      const share = shares.get(hand);
      if (share === undefined) shares.set(hand, [item]);
      else share.push(item);
    }
    return shares;
  }

  private send(hand: Hand, message: ToWorker, transfer: Transferable[] = []): void {
    hand.sent++;
    hand.worker.postMessage(message, transfer);
  }

  private received(hand: Hand, message: FromWorker): void {
    if (message.type === "picture") this.listener.picture(message.picture);
    else if (message.type === "damaged") this.listener.damaged(message.key, message.message);
    else if (message.type === "failed") this.listener.failed(new Error(message.message));
    else {
      hand.done = message.count;
      if (!this.busy) this.listener.idle();
    }
  }
}

/** A worker that decodes: messages in, pictures out. All thinking is in refine.ts. */
import { Cores, type LoadModule } from "./cores.ts";
import { RequestError } from "./errors.ts";
import { Refiner, type Emit, type HeldPacket, type Picture } from "./refine.ts";

export interface PacketFor extends HeldPacket {
  readonly key: string;
  readonly shard: string;
  readonly ordinal: number;
}

type Start = { readonly type: "start"; readonly module: WebAssembly.Module; readonly budgetNbytes: number };

export type ToWorker =
  | Start
  | { readonly type: "header"; readonly shard: string; readonly header: Uint8Array }
  | { readonly type: "packets"; readonly packets: readonly PacketFor[] }
  | { readonly type: "want"; readonly wanted: Map<string, number> }
  | { readonly type: "lost" | "drop"; readonly keys: readonly string[] };

export type FromWorker =
  | { readonly type: "picture"; readonly picture: Picture }
  | { readonly type: "damaged"; readonly key: string; readonly message: string }
  /** A chunk is not shown for now; it is tried again when it is wanted anew. */
  | { readonly type: "failed"; readonly message: string }
  /** Everything up to the `count`th message was worked off. */
  | { readonly type: "idle"; readonly count: number };

/** The part of a worker's global scope that is used. */
export interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
}

/** @param loadAll gives the module that decodes every coding, where the one that the worker is started with does not */
export const decodeFor = (scope: WorkerScope, loadAll?: LoadModule): void => void new Desk(scope, loadAll);

class Desk {
  private cores: Cores | undefined;
  private refiner: Refiner | undefined;
  private count = 0;
  private readonly inbox: ToWorker[] = [];
  /** All else waits. */
  private loading = false;
  private turning = false;
  // Between two chunks the messages that have come meanwhile get their turn: so packets of one chunk are decoded together.
  private readonly turn = new MessageChannel();

  constructor(
    private readonly scope: WorkerScope,
    private readonly loadAll: LoadModule | undefined,
  ) {
    this.turn.port1.onmessage = () => this.work();
    scope.onmessage = ({ data }) => {
      this.inbox.push(data);
      this.next();
    };
  }

  private next(): void {
    if (this.loading) return;
    const message = this.inbox.shift();
    if (message === undefined) return this.rest();
    this.count++;
    try {
      this.take(message);
    } finally {
      this.next(); // who waits for it is told, whatever came of it
    }
  }

  private rest(): void {
    if (this.refiner?.busy) this.takeTurn();
    else if (!this.turning) this.scope.postMessage({ type: "idle", count: this.count });
  }

  private takeTurn(): void {
    if (this.turning) return;
    this.turning = true;
    this.turn.port2.postMessage(0);
  }

  private work(): void {
    this.turning = false;
    try {
      if (!this.loading) this.refiner?.work();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.scope.postMessage({ type: "failed", message: error.message });
    } finally {
      this.next(); // one chunk that fails unforeseen does not stop the others
    }
  }

  private take(message: ToWorker): void {
    if (message.type === "start") {
      this.cores = new Cores(message.module, this.loadAll);
      this.refiner = new Refiner(this.cores, message.budgetNbytes, emitTo(this.scope));
    } else if (this.refiner !== undefined) {
      give(this.refiner, message);
    }
    if (message.type === "header") this.wait(this.cores?.prepare(message.header));
  }

  private wait(prepared: Promise<void> | undefined): void {
    if (prepared === undefined) return;
    this.loading = true;
    void prepared.then(() => {
      this.loading = false;
      this.takeTurn(); // in a turn of its own: what goes wrong in a promise is told to nobody
    });
  }
}

const emitTo = (scope: WorkerScope): Emit => ({
  picture: (picture) => scope.postMessage({ type: "picture", picture }, [picture.pixels.buffer as ArrayBuffer]),
  damaged: (key, message) => scope.postMessage({ type: "damaged", key, message }),
});

function give(refiner: Refiner, message: Exclude<ToWorker, Start>): void {
  switch (message.type) {
    case "header":
      refiner.header(message.shard, message.header);
      break;
    case "packets":
      for (const { key, shard, ordinal, ...packet } of message.packets) refiner.packet(key, shard, ordinal, packet);
      break;
    case "want":
      refiner.want(message.wanted);
      break;
    case "lost":
      refiner.lost(message.keys);
      break;
    case "drop":
      refiner.drop(message.keys);
      break;
  }
}

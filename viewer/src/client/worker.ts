/** A worker that decodes: messages in, pictures out. All thinking is in refine.ts. */
import type { HeldPacket, Picture } from "./refine.ts";
import { Refiner } from "./refine.ts";
import { loadCodec } from "./wasm.ts";

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
  /** Everything up to the `count`th message was worked off. */
  | { readonly type: "idle"; readonly count: number };

/** The part of a worker's global scope that is used. */
export interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
}

export function decodeFor(scope: WorkerScope): void {
  let refiner: Refiner | undefined;
  let count = 0;

  // Between two chunks the messages that have come meanwhile get their turn: so packets of one chunk are decoded together.
  const turn = new MessageChannel();
  let turning = false;
  turn.port1.onmessage = () => {
    turning = false;
    try {
      refiner?.work();
    } finally {
      next(); // one chunk that fails unforeseen does not stop the others
    }
  };

  const next = (): void => {
    if (turning) return;
    if (refiner?.busy) {
      turning = true;
      turn.port2.postMessage(0);
    } else {
      scope.postMessage({ type: "idle", count });
    }
  };

  scope.onmessage = ({ data }) => {
    count++;
    try {
      if (data.type === "start") refiner = started(data, scope);
      else if (refiner !== undefined) take(refiner, data);
    } finally {
      next(); // who waits for it is told, whatever came of it
    }
  };
}

const started = ({ module, budgetNbytes }: Start, scope: WorkerScope): Refiner =>
  new Refiner(loadCodec(module), budgetNbytes, {
    picture: (picture) => scope.postMessage({ type: "picture", picture }, [picture.pixels.buffer as ArrayBuffer]),
    damaged: (key, message) => scope.postMessage({ type: "damaged", key, message }),
  });

function take(refiner: Refiner, message: Exclude<ToWorker, Start>): void {
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

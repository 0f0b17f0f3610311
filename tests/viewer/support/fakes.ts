/** Stand-ins for the browser's WebSocket and Worker, driven by hand. */
import type { WorkerLike } from "../../../viewer/src/client/pool.ts";
import { Refiner } from "../../../viewer/src/client/refine.ts";
import type { Socket, StreamWays } from "../../../viewer/src/client/stream.ts";
import { loadCodec } from "../../../viewer/src/client/wasm.ts";
import type { FromWorker, ToWorker } from "../../../viewer/src/client/worker.ts";

export class FakeSocket implements Socket {
  binaryType = "";
  readyState = 0;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  closed = false;
  readonly sent: { type: string; [key: string]: unknown }[] = [];

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  say(event: object): void {
    this.onmessage?.({ data: JSON.stringify(event) });
  }

  deliver(bytes: Uint8Array): void {
    this.onmessage?.({ data: bytes.slice().buffer });
  }
}

export class FakeNetwork implements StreamWays {
  readonly sockets: FakeSocket[] = [];
  readonly waits: number[] = [];
  private readonly later: (() => void)[] = [];

  /** @param readyState of every connection when it is handed over */
  constructor(private readonly readyState = 0) {}

  connect(): FakeSocket {
    const socket = new FakeSocket();
    socket.readyState = this.readyState;
    this.sockets.push(socket);
    return socket;
  }

  wait(later: () => void, milliseconds: number): void {
    this.waits.push(milliseconds);
    this.later.push(later);
  }

  /** Lets the waiting time pass. */
  pass(): void {
    for (const run of this.later.splice(0)) run();
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }
}

/** A worker that works when it is told to, on the real codec. */
export class FakeWorker implements WorkerLike {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null = null;
  onerror: WorkerLike["onerror"] = null;
  terminated = false;
  readonly received: ToWorker[] = [];
  private refiner: Refiner | undefined;

  postMessage(message: ToWorker): void {
    this.received.push(message);
    if (message.type === "start") {
      this.refiner = new Refiner(loadCodec(message.module), message.budgetNbytes, {
        picture: (picture) => this.tell({ type: "picture", picture }),
        damaged: (key, text) => this.tell({ type: "damaged", key, message: text }),
      });
    } else if (message.type === "header") this.refiner!.header(message.shard, message.header);
    else if (message.type === "packets") message.packets.forEach((packet) => this.refiner!.packet(packet.key, packet.shard, packet.ordinal, packet));
    else if (message.type === "want") this.refiner!.want(message.wanted);
    else this.refiner![message.type](message.keys);
  }

  work(): void {
    while (this.refiner!.busy) this.refiner!.work();
    this.tell({ type: "idle", count: this.received.length });
  }

  terminate(): void {
    this.terminated = true;
  }

  private tell(data: FromWorker): void {
    this.onmessage?.({ data } as MessageEvent<FromWorker>);
  }
}

/** Builds binary messages of the view stream. */
export class MessageBuilder {
  private readonly bytes: number[] = [];

  constructor(viewId: number, handle: number) {
    this.varints(viewId, handle);
  }

  varints(...values: number[]): this {
    for (let value of values) {
      for (; value > 0x7f; value = Math.floor(value / 128)) this.bytes.push((value & 0x7f) | 0x80);
      this.bytes.push(value);
    }
    return this;
  }

  header(array: number, shard: number, header: Uint8Array): this {
    this.varints(1, array, shard);
    this.bytes.push(...header);
    return this;
  }

  packet(array: number, shard: number, chunk: number, packet: { resolution: number; step: number; bytes: Uint8Array }): this {
    this.varints(2, array, shard, chunk, packet.resolution, packet.step, packet.bytes.length);
    this.bytes.push(...packet.bytes);
    return this;
  }

  build(): Uint8Array {
    return new Uint8Array(this.bytes);
  }
}

/** The connection to `/stream`: says what is in view, hands on what comes, and comes back when it was lost. */
import { ZigguratError } from "./errors.ts";
import { parseEvent, type ChunkAddress, type View } from "./events.ts";
import type { Feed, FeedListener } from "./feed.ts";
import { parseMessage } from "./records.ts";

/** The part of WebSocket that is used, so that tests can stand in for it. */
export interface Socket {
  binaryType: string;
  /** 1: open, 3: closed. */
  readonly readyState: number;
  onopen: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface StreamWays {
  connect(): Socket;
  /** Runs `later` after `milliseconds`. */
  wait(later: () => void, milliseconds: number): void;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8000;

export class Stream implements Feed {
  private socket: Socket | undefined;
  private open = false;
  private closed = false;
  private waitMs = FIRST_WAIT_MS;
  private view: View | undefined;
  private lastId = 0;
  /** Of binary messages on this connection. */
  private receivedNbytes = 0;

  constructor(
    private readonly ways: StreamWays,
    private readonly listener: FeedListener,
  ) {
    this.connect();
  }

  /** The id that the next view will have. Packets sent for it or later ones come after everything that is said now. */
  get nextId(): number {
    return this.lastId + 1;
  }

  /** Replaces the view. @returns its id */
  show(view: View): number {
    this.view = view;
    this.lastId++;
    if (this.open) this.sendView(view);
    return this.lastId;
  }

  forget(image: string, chunks: readonly ChunkAddress[]): void {
    if (this.open && chunks.length > 0) this.send({ type: "forget", image, chunks });
  }

  close(): void {
    this.closed = true;
    this.open = false;
    this.socket?.close();
  }

  private connect(): void {
    if (this.closed) return;
    const socket = (this.socket = this.ways.connect());
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened();
    socket.onclose = () => this.lost();
    socket.onmessage = ({ data }) => this.received(data);
    // It may have shaken hands before it was handed over; but who makes a stream is not told before it has one.
    if (socket.readyState === 1) queueMicrotask(() => this.opened());
    if (socket.readyState === 3) queueMicrotask(() => this.lost());
  }

  private opened(): void {
    if (this.closed) return;
    this.open = true;
    this.waitMs = FIRST_WAIT_MS;
    this.acknowledge(0); // so it will be
    for (const message of this.listener.held()) this.send(message);
    this.listener.connected(true);
    if (this.view !== undefined) this.sendView(this.view);
  }

  private lost(): void {
    this.open = false;
    if (this.closed) return;
    this.listener.connected(false);
    this.ways.wait(() => this.connect(), this.waitMs);
    this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
  }

  private received(data: unknown): void {
    if (this.closed) return;
    try {
      if (typeof data === "string") this.listener.event(parseEvent(data));
      else this.receivedBytes(new Uint8Array(data as ArrayBuffer));
    } catch (error) {
      if (!(error instanceof ZigguratError)) throw error;
      this.listener.failed(error);
    }
  }

  private receivedBytes(bytes: Uint8Array): void {
    this.acknowledge(this.receivedNbytes + bytes.length);
    this.listener.message(parseMessage(bytes), bytes.length);
  }

  /** So the server knows how fast the link is, and keeps no more on the way than fills it. */
  private acknowledge(nbytes: number): void {
    this.receivedNbytes = nbytes;
    if (this.open) this.send({ type: "received", nbytes });
  }

  private sendView(view: View): void {
    this.send({ type: "view", id: this.lastId, ...view });
  }

  private send(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }
}

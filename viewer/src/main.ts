import meansAddress from "../../codecs/wasm/ziggurat-means.wasm?url";
import allAddress from "../../codecs/wasm/ziggurat.wasm?url";
import { automate } from "./automation.ts";
import { isAddress } from "./client/address.ts";
import { isFloat, type Description } from "./client/description.ts";
import { Server } from "./client/http.ts";
import type { WorkerLike } from "./client/pool.ts";
import type { SessionParts } from "./client/session.ts";
import { openStore } from "./client/store/open.ts";
import { Stream, type Socket } from "./client/stream.ts";
import { decodeFor, type WorkerScope } from "./client/worker.ts";
import { App, type Opened } from "./ui/app.ts";
import { element } from "./ui/dom.ts";

/** More workers than this would decode faster than any network sends. */
const MOST_WORKERS = 2;
const HELD_BUDGET_NBYTES = 256e6;
const DECODER_BUDGET_NBYTES = 384e6;

/** Makes one before it is needed, so that nobody waits for it. */
function early<T>(make: () => T, isFresh: (made: T) => boolean = () => true): { prepare(): void; take(): T } {
  let ready: T | undefined;
  const take = (): T => {
    const made = ready;
    ready = undefined;
    return made !== undefined && isFresh(made) ? made : make();
  };
  return { prepare: () => void (ready = take()), take };
}

const compile = (address: string): Promise<WebAssembly.Module> => WebAssembly.compileStreaming(fetch(address));

async function start(): Promise<void> {
  const compiling = compile(meansAddress);
  const server = new Server(document.baseURI);
  const count = Math.min(MOST_WORKERS, navigator.hardwareConcurrency);
  const workers = early(() => Array.from({ length: count }, () => new Worker(import.meta.url, { type: "module" }) as WorkerLike));
  const sockets = early(() => new WebSocket(server.stream()) as unknown as Socket, ({ readyState }) => readyState < 2);
  const prepare = (): void => {
    sockets.prepare();
    workers.prepare();
  };
  workers.prepare();
  const canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": "Image" });
  const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, powerPreference: "high-performance" });
  if (gl === null) throw new Error("This browser has no WebGL 2, which ziggurat draws with.");
  const wait = (later: () => void, milliseconds: number): void => void setTimeout(later, milliseconds);
  const partsFor = ({ labels, dtype }: Description, module: WebAssembly.Module, feed: SessionParts["feed"]): SessionParts => {
    if (labels || isFloat(dtype)) compile(allAddress).catch(() => undefined); // is there when a worker asks for it, which also tells if it cannot be had
    return { feed, workers: workers.take(), module, heldBudgetNbytes: HELD_BUDGET_NBYTES, decoderBudgetNbytes: DECODER_BUDGET_NBYTES };
  };
  const open = async (name: string, signal: AbortSignal): Promise<Opened> => {
    if (isAddress(name)) {
      const module = await compiling;
      const { description, feed } = await openStore(name, module, { fetch: fetch.bind(window), wait }, signal);
      return { description, makeParts: () => partsFor(description, module, feed) };
    }
    prepare(); // two round trips, in which the image is described
    const [module, description] = await Promise.all([compiling, server.describe(name, signal)]);
    return { description, makeParts: () => partsFor(description, module, (listener) => new Stream({ connect: sockets.take, wait }, listener)) };
  };
  const app = new App(document.body, server, canvas, gl, open, prepare);
  window.ziggurat = automate(app);
  await Promise.all([app.start(), compiling]);
}

// One file is page and worker: it is loaded once, and compressed as one it is 5 % smaller.
if ("document" in self) {
  start().catch((error: unknown) => {
    document.body.append(element("p", { role: "alert", class: "trouble" }, error instanceof Error ? error.message : String(error)));
  });
} else decodeFor(self as unknown as WorkerScope, () => compile(allAddress));

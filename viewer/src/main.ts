import DecodingWorker from "./client/worker.ts?worker";
import wasmAddress from "../../codecs/wasm/ziggurat.wasm?url";
import { automate } from "./automation.ts";
import { Server, type SessionParts, type Socket, type WorkerLike } from "./client/index.ts";
import { App } from "./ui/app.ts";
import { element } from "./ui/dom.ts";

/** More workers than this would decode faster than any network sends. */
const MOST_WORKERS = 2;
const HELD_BUDGET_NBYTES = 256e6;
const DECODER_BUDGET_NBYTES = 384e6;

async function start(): Promise<void> {
  const canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": "Image" });
  const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: true, powerPreference: "high-performance" });
  if (gl === null) throw new Error("This browser has no WebGL 2, which ziggurat draws with.");
  const module = await WebAssembly.compileStreaming(fetch(wasmAddress));
  const server = new Server(document.baseURI);
  const makeParts = (): SessionParts => ({
    ways: {
      connect: () => new WebSocket(server.stream()) as unknown as Socket,
      wait: (later, milliseconds) => setTimeout(later, milliseconds),
    },
    workers: Array.from({ length: Math.min(MOST_WORKERS, navigator.hardwareConcurrency) }, () => new DecodingWorker() as WorkerLike),
    module,
    heldBudgetNbytes: HELD_BUDGET_NBYTES,
    decoderBudgetNbytes: DECODER_BUDGET_NBYTES,
  });
  const app = new App(document.body, server, { canvas, gl, device: { height: 0, width: 0 } }, makeParts);
  window.ziggurat = automate(app);
  await app.start();
}

start().catch((error: unknown) => {
  document.body.append(element("p", { role: "alert", class: "trouble" }, error instanceof Error ? error.message : String(error)));
});

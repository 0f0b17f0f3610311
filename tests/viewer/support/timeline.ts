/** What a page waits for: which requests, messages, compilations and calls of WebGL, when, and how long each holds the page up. */
import type { Page } from "playwright-core";

/** Calls that are quicker, in milliseconds, are left out. */
const NOTED_MS = 4;

/** Notes everything from now on, in every page that is loaded. */
export async function timed(page: Page): Promise<void> {
  await page.addInitScript((noted) => {
    const marks: [number, string][] = [];
    const mark = (what: string, at = performance.now()): void => void marks.push([at, what]);
    Object.assign(window, { marks });
    // What takes long: any function of an object's prototype.
    const watch = (prototype: object, label: string, names: readonly string[]): void => {
      for (const name of names) {
        const own = Reflect.get(prototype, name) as (...args: unknown[]) => unknown;
        Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
          const start = performance.now();
          const result = own.apply(this, args);
          const took = performance.now() - start;
          if (took >= noted) mark(`${label}.${name} held ${took.toFixed(0)} ms`, start);
          return result;
        });
      }
    };
    watch(WebGL2RenderingContext.prototype, "gl", Object.getOwnPropertyNames(WebGL2RenderingContext.prototype).filter((name) => {
      return typeof Object.getOwnPropertyDescriptor(WebGL2RenderingContext.prototype, name)?.value === "function" && name !== "constructor";
    }));
    watch(HTMLCanvasElement.prototype, "canvas", ["getContext"]);
    const ownFetch = window.fetch;
    window.fetch = async (...asked) => {
      const name = String(asked[0] instanceof Request ? asked[0].url : asked[0]).replace(/^.*\/\/[^/]*\//, "");
      mark(`fetch ${name}`);
      const response = await ownFetch.apply(window, asked);
      mark(`fetched ${name}`);
      return response;
    };
    const compile = WebAssembly.compileStreaming;
    WebAssembly.compileStreaming = async (source) => {
      const module = await compile(source);
      mark("WebAssembly compiled");
      return module;
    };
    const OwnSocket = window.WebSocket;
    window.WebSocket = class extends OwnSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        mark("socket made");
        this.addEventListener("open", () => mark("socket open"));
        this.addEventListener("message", ({ data }) => mark(typeof data === "string" ? `event ${data.slice(0, 60)}` : `message of ${(data as ArrayBuffer).byteLength}`));
      }
      override send(text: string): void {
        if (!text.includes('"received"')) mark(`sent ${text.slice(0, 40)}`);
        super.send(text);
      }
    };
    const OwnWorker = window.Worker;
    window.Worker = class extends OwnWorker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        mark("worker made");
        this.addEventListener("message", ({ data }) => mark(`worker: ${(data as { type: string }).type}`));
      }
      override postMessage(message: { type: string }, transfer: Transferable[] & StructuredSerializeOptions): void {
        mark(`to worker: ${message.type}`);
        super.postMessage(message, transfer);
      }
    } as unknown as typeof Worker;
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) mark(`long task of ${duration.toFixed(0)} ms`, startTime);
    }).observe({ type: "longtask", buffered: true });
  }, NOTED_MS);
}

/** What was noted since the last time: `from` and `to` as `performance.now` has them. */
export async function timeline(page: Page, from: number, to: number): Promise<string> {
  const marks = await page.evaluate(() => (window as unknown as { marks: [number, string][] }).marks.splice(0));
  const seen = marks.filter(([at]) => at >= from - 1 && at <= to + 1).sort(([a], [b]) => a - b);
  return seen.map(([at, what]) => `    ${(at - from).toFixed(0).padStart(6)}  ${what}\n`).join("");
}

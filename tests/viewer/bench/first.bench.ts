/**
 * How soon there is a picture, over a line of 10 Mbit/s and 50 ms: of an image that is opened, and of places in it that were never
 * looked at; from the server, and from a plain nginx. `npm --prefix viewer run bench -- first`; ZIGGURAT_MOSAIC names a large image,
 * and with ZIGGURAT_TIMELINE=1 it prints what each of them waits for.
 */
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { slowLink } from "../support/link.ts";
import { nginx, nginxMissing, type RunningNginx } from "../support/nginx.ts";
import { ingested, missing, serveRoot, type RunningServer } from "../support/server.ts";
import { ViewerPage } from "../support/stage.ts";
import { timed, timeline } from "../support/timeline.ts";

const SPECKLES = "fluo16_speckles_2ch_1200";
const mosaic = process.env["ZIGGURAT_MOSAIC"] ?? "";
const absent = missing(SPECKLES) ?? nginxMissing();
const [BITS_PER_SECOND, ROUND_TRIP_MS] = [10e6, 50];
const WANTED_MS = 2 * ROUND_TRIP_MS + 150;
/** Shares of the image's height and width, and CSS pixels a pixel of level 0. */
const PLACES = [[0.2, 0.8, 1], [0.6, 0.3, 0.5], [0.1, 0.1, 2], [0.7, 0.7, 0.25]] as const;

let folder: string;
let server: RunningServer;
let store: RunningNginx;
let browser: Browser;

interface Waited {
  /** As `performance.now` has it. */
  readonly start: number;
  /** Until the first bytes of it came: what line and server take. All else is decoding and drawing, on this machine. */
  readonly bytesMs: number;
  /** Until something of it was drawn, and until every chunk in view was. */
  readonly someMs: number;
  readonly wholeMs: number;
  readonly nbytes: number;
}

/** Tells `window.came` of all packets: of the stream's binary messages, and of ranges of stored objects. */
function listen(): void {
  const told = () => (window as unknown as { came?: () => void }).came?.();
  const { send } = WebSocket.prototype;
  const heard = new WeakSet<WebSocket>();
  WebSocket.prototype.send = function (text) {
    if (!heard.has(this)) this.addEventListener("message", ({ data }) => typeof data !== "string" && told());
    heard.add(this);
    send.call(this, text);
  };
  const own = window.fetch;
  window.fetch = async (...asked) => {
    const response = await own.apply(window, asked);
    if (response.status === 206) told();
    return response;
  };
}

/** Runs in the page, and looks at every frame. `begin` opens an image or moves the camera; with none the page was just asked for. */
async function waited(page: ViewerPage["page"], begin?: string): Promise<Waited> {
  return page.evaluate(async (program) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const start = program === undefined ? 0 : performance.now();
    let bytesMs = Infinity;
    const came = (): void => void (bytesMs = Math.min(bytesMs, performance.now() - start));
    Object.assign(window, { came });
    const before = program === undefined || window.ziggurat.opened === undefined ? 0 : window.ziggurat.state.bytesReceived;
    if (program !== undefined) await (new Function(`return ${program}`)() as Promise<void> | undefined);
    await frame(); // in which it is asked for
    for (let someMs: number | undefined; ; ) {
      await frame();
      if (window.ziggurat?.opened === undefined) continue;
      const { maxError, bytesReceived } = window.ziggurat.state;
      const ms = performance.now() - start;
      if (bytesReceived !== before) someMs ??= ms;
      if (maxError < Infinity || ms > 10_000) return { start, bytesMs, someMs: someMs ?? Infinity, wholeMs: ms, nbytes: bytesReceived - before };
    }
  }, begin);
}

describe.skipIf(absent !== undefined)(`the first picture${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    const small = await ingested({ [SPECKLES]: "speckles.zarr" });
    folder = await mkdtemp(join(tmpdir(), "ziggurat-first-"));
    await cp(small.root, folder, { recursive: true });
    await small.remove();
    await cp(fileURLToPath(new URL("../../../viewer/dist", import.meta.url)), folder, { recursive: true });
    if (existsSync(mosaic)) await symlink(dirname(mosaic), join(folder, "large"));
    server = await serveRoot(existsSync(mosaic) ? dirname(mosaic) : folder);
    store = await nginx(folder);
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([server?.stop(), store?.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  it.each(["the server", "nginx"])("from %s", async (from) => {
    const plain = from === "nginx";
    const line = await slowLink((plain ? store : server).address, BITS_PER_SECOND, ROUND_TRIP_MS);
    const name = existsSync(mosaic) ? `${plain ? "large/" : ""}${basename(mosaic)}` : "speckles.zarr";
    const image = plain ? `${line.address}${name}` : name;
    const viewer = ViewerPage.free(await browser.page(1920, 1080), line.address);
    await viewer.page.addInitScript(listen);
    if (process.env["ZIGGURAT_TIMELINE"]) await timed(viewer.page);
    await viewer.page.goto(plain ? `${line.address}index.html?store=${line.address}none` : `${line.address}#image=none`);
    await viewer.page.waitForFunction(() => "ziggurat" in window && document.querySelector(".trouble")?.textContent);
    const report = async (what: string, { start, bytesMs, someMs, wholeMs, nbytes }: Waited): Promise<void> => {
      console.log(`${from.padEnd(11)}${what.padEnd(24)}first bytes ${bytesMs.toFixed(0).padStart(5)} ms   something ${someMs.toFixed(0).padStart(5)} ms   all of it ${wholeMs.toFixed(0).padStart(5)} ms   ${(nbytes / 1000).toFixed(0)} kB   (wanted: ${WANTED_MS} ms)`);
      if (process.env["ZIGGURAT_TIMELINE"]) console.log(await timeline(viewer.page, start, start + someMs));
    };
    await report("the image", await waited(viewer.page, `window.ziggurat.open(${JSON.stringify(image)})`));
    await viewer.idle();
    const [high, wide] = await viewer.page.evaluate(() => [2 * window.ziggurat.state.camera.y, 2 * window.ziggurat.state.camera.x] as const);
    for (const [y, x, zoom] of PLACES) {
      const camera = { y: y * high, x: x * wide, zoom };
      await report(`${y}, ${x}, zoom ${zoom}`, await waited(viewer.page, `window.ziggurat.look(${JSON.stringify(camera)})`));
      await viewer.idle();
    }
    await viewer.page.goto("about:blank");
    await viewer.page.goto(plain ? `${line.address}index.html?store=${image}` : `${line.address}#image=${image}`, { waitUntil: "commit" });
    await report("the page and the image", await waited(viewer.page));
    await viewer.page.close();
    await line.stop();
  });
});

/**
 * Wanders through an image at random, and opens others now and then: memory stays within its budgets, and nothing is left behind.
 * ZIGGURAT_SECONDS says how long (60), ZIGGURAT_MOSAIC names a large image. `npm --prefix viewer run bench -- wander`
 */
import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { taken } from "../support/processes.ts";
import { missing, serve, serveRoot, type RunningServer } from "../support/server.ts";
import { ViewerPage } from "../support/stage.ts";

const [STACK, SPECKLES] = ["zstack16_dna_conf_wf_zcyx.tif", "fluo16_speckles_2ch_1200"];
const mosaic = process.env["ZIGGURAT_MOSAIC"] ?? "";
const absent = missing(STACK, SPECKLES);
const SECONDS = Number(process.env["ZIGGURAT_SECONDS"] ?? 60);
/** viewer/src/main.ts and view/viewer.ts; what is in view may exceed it by one view. */
const HELD_BUDGET_NBYTES = 256e6;
const GPU_BUDGET_NBYTES = 256e6 + 40e6;

let server: RunningServer;
let browser: Browser;

/** The same walk every time. */
function* random(): Generator<number, never> {
  for (let state = 1; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** What the page makes on the graphics card, and gives back: counted from its start. */
function countTextures(): void {
  const live: { [kind: string]: number } = {};
  for (const kind of ["Texture", "Framebuffer", "Renderbuffer", "Buffer", "Program", "VertexArray"] as const) {
    const prototype = WebGL2RenderingContext.prototype as unknown as { [name: string]: (...told: unknown[]) => unknown };
    for (const [verb, by] of [["create", 1], ["delete", -1]] as const) {
      const own = prototype[verb + kind]!;
      prototype[verb + kind] = function (this: unknown, ...told: unknown[]) {
        if (by === 1 || told[0] != null) live[kind] = (live[kind] ?? 0) + by;
        return own.apply(this, told);
      };
    }
  }
  Object.assign(window, { live });
}

describe.skipIf(absent !== undefined)(`wandering${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    server = existsSync(mosaic) ? await serveRoot(dirname(mosaic)) : await serve({ [STACK]: "stack.zarr", [SPECKLES]: "speckles.zarr" });
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it(`for ${SECONDS} s`, async () => {
    const page = await browser.page(1400, 900);
    const sockets = new Set<unknown>();
    page.on("websocket", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    await page.addInitScript(countTextures);
    const viewer = ViewerPage.free(page, server.address);
    const live = () => page.evaluate(() => (window as unknown as { live: { [kind: string]: number } }).live);
    const names = existsSync(mosaic) ? [basename(mosaic)] : ["stack.zarr", "speckles.zarr"];
    await viewer.open(names[0]!);
    await viewer.idle();
    const workers = page.workers().length;
    const liveBefore = await live();
    const next = random();
    const number = () => next.next().value;
    const end = performance.now() + SECONDS * 1000;
    let [moves, held, gpu] = [0, 0, 0];
    const start = taken().residentNbytes;
    while (performance.now() < end) {
      if (number() < 0.03) await page.evaluate((name) => window.ziggurat.open(name), names[Math.floor(number() * names.length)]!);
      const [dy, dx, zoom, z] = [number() - 0.5, number() - 0.5, 2 ** (2 * number() - 1), number()];
      await page.evaluate(
        ([down, right, factor, place]) => {
          const { camera, at } = window.ziggurat.state;
          window.ziggurat.look({ y: camera.y + (down * 1000) / camera.zoom, x: camera.x + (right * 1000) / camera.zoom, zoom: camera.zoom * factor });
          if (at["z"] !== undefined && place < 0.2) window.ziggurat.set({ at: { ...at, z: Math.floor(place * 50) } });
        },
        [dy, dx, zoom, z] as const,
      );
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
      const memory = await page.evaluate(() => window.ziggurat.memory);
      [held, gpu] = [Math.max(held, memory.heldNbytes), Math.max(gpu, memory.gpuNbytes)];
      moves++;
      if (moves % 1000 === 0) console.log(`${moves} moves: all processes ${(taken().residentNbytes / 1e6).toFixed(0)} MB`);
    }
    await viewer.idle();
    console.log(`${moves} moves: at most ${(held / 1e6).toFixed(0)} MB of packets, ${(gpu / 1e6).toFixed(0)} MB on the card; all processes ${(start / 1e6).toFixed(0)} MB before, ${(taken().residentNbytes / 1e6).toFixed(0)} MB after`);
    expect(held).toBeLessThan(HELD_BUDGET_NBYTES);
    expect(gpu).toBeLessThan(GPU_BUDGET_NBYTES);
    expect(page.workers().length).toBe(workers);
    // Another image is another stage, and the first look at a table makes its texture.
    console.log(`on the card before ${JSON.stringify(liveBefore)}, after ${JSON.stringify(await live())}`);
    for (const [kind, count] of Object.entries(await live())) expect(count, kind).toBeLessThanOrEqual(liveBefore[kind]! + 2);
    expect(sockets.size).toBeLessThanOrEqual(1);
    expect(viewer.troubles).toEqual([]);
  });
});

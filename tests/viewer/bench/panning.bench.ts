/**
 * How long frames take while the image is dragged or zoomed, in Chromium that draws WebGL in software, on a canvas of 1920 × 1080: two channels
 * of 16 bits. `npm --prefix viewer run bench -- panning`; ZIGGURAT_MOSAIC names an image to take instead.
 */
import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { taken } from "../support/processes.ts";
import { missing, serve, serveRoot, type RunningServer } from "../support/server.ts";
import { ViewerPage } from "../support/stage.ts";

const SPECKLES = "fluo16_speckles_2ch_1200";
const mosaic = process.env["ZIGGURAT_MOSAIC"] ?? "";
const absent = existsSync(mosaic) ? undefined : missing(SPECKLES);
const FRAMES = 150;

let server: RunningServer;
let browser: Browser;
let viewer: ViewerPage;

/** Milliseconds from frame to frame; the camera moves in each by so many CSS pixels, there and back again. */
async function frames(dx: number, dy: number): Promise<Measured> {
  return measured(() => viewer.page.evaluate(
    ([right, down, count]) =>
      new Promise<number[]>((resolve) => {
        const gaps: number[] = [];
        let last = performance.now();
        const step = (): void => {
          const now = performance.now();
          gaps.push(now - last);
          last = now;
          if (gaps.length > count) return resolve(gaps.slice(1));
          const { camera } = window.ziggurat.state;
          const sign = gaps.length % 60 < 30 ? 1 : -1;
          window.ziggurat.look({ x: camera.x + (sign * right) / camera.zoom, y: camera.y + (sign * down) / camera.zoom });
          requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      }),
    [dx, dy, FRAMES] as const,
  ));
}

interface Measured {
  readonly gaps: readonly number[];
  /** Of all cores together, the server's included. */
  readonly cpuMs: number;
}

async function measured(run: () => Promise<number[]>): Promise<Measured> {
  const before = taken().cpuMs;
  const gaps = await run();
  return { gaps, cpuMs: (taken().cpuMs - before) / gaps.length };
}

function report(what: string, { gaps, cpuMs }: Measured): void {
  const sorted = [...gaps].sort((a, b) => a - b);
  const at = (share: number): string => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1);
  console.log(`${what.padEnd(44)} median ${at(0.5)} ms   p95 ${at(0.95)} ms   most ${at(1)} ms   processor ${cpuMs.toFixed(1)} ms a frame`);
}

describe.skipIf(absent !== undefined)(`panning${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    server = existsSync(mosaic) ? await serveRoot(dirname(mosaic)) : await serve({ [SPECKLES]: "speckles.zarr" });
    browser = await launch();
    // The panels stand beside the canvas.
    viewer = ViewerPage.free(await browser.page(1920 + 210 + 245, 1080 + 31), server.address);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it.each([
    ["at full size", 1, [12, 5]],
    ["between two levels", 0.7, [12, 5]],
    ["at full size, fast", 1, [60, 25]],
    ["by parts of a pixel", 0.7, [3.3, 1.4]],
  ] as const)("%s", async (what, zoom, [dx, dy]) => {
    await viewer.open(existsSync(mosaic) ? basename(mosaic) : "speckles.zarr", `&zoom=${zoom}`);
    await viewer.idle();
    const { width, height } = (await viewer.page.locator(".view").boundingBox())!;
    report(`${what}, ${width} × ${height}`, await frames(dx, dy));
  });

  it("the least that a page can do", async () => {
    const page = await browser.page(1920, 1080);
    await page.setContent('<body style="margin: 0; overflow: hidden"><div style="width: 2112px; height: 1272px; background: linear-gradient(red, blue); will-change: transform">');
    report("one opaque box of that size moved", await measured(() => page.evaluate(
      (count) =>
        new Promise<number[]>((resolve) => {
          const gaps: number[] = [];
          let last = performance.now();
          const step = (): void => {
            const now = performance.now();
            gaps.push(now - last);
            last = now;
            if (gaps.length > count) return resolve(gaps.slice(1));
            document.querySelector("div")!.style.transform = `translate(${-(gaps.length % 60)}px, ${-(gaps.length % 40)}px)`;
            requestAnimationFrame(step);
          };
          requestAnimationFrame(step);
        }),
      FRAMES,
    )));
    await page.close();
  });

  it.each([
    ["zooming, 2 % a frame", 1.02, 30],
    ["zooming, by notches of a wheel", 1.27, 4],
  ] as const)("%s", async (what, factor, steps) => {
    await viewer.open(existsSync(mosaic) ? basename(mosaic) : "speckles.zarr", "&zoom=0.7");
    await viewer.idle();
    report(`${what}, in and out`, await measured(() => viewer.page.evaluate(
      ([by, turn, count]) =>
        new Promise<number[]>((resolve) => {
          const gaps: number[] = [];
          let last = performance.now();
          const step = (): void => {
            const now = performance.now();
            gaps.push(now - last);
            last = now;
            if (gaps.length > count) return resolve(gaps.slice(1));
            const { zoom } = window.ziggurat.state.camera;
            window.ziggurat.look({ zoom: gaps.length % (2 * turn) < turn ? zoom * by : zoom / by });
            requestAnimationFrame(step);
          };
          requestAnimationFrame(step);
        }),
      [factor, steps, FRAMES] as const,
    )));
  });
});

/** A stock viewer, OpenSeadragon, shows what the server renders: through IIIF, through DeepZoom, the same picture. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, type Browser } from "../support/browser.ts";
import { missing, serve, type RunningServer } from "../support/server.ts";

const SPECKLES = "fluo16_speckles_2ch_1200";
const SHOTS = process.env["ZIGGURAT_SCREENSHOTS"];
const LIBRARY = fileURLToPath(new URL("../../../viewer/node_modules/openseadragon/build/openseadragon/openseadragon.min.js", import.meta.url));
const absent = missing(SPECKLES);

interface Shown {
  readonly width: number;
  readonly height: number;
  /** red, green and blue of a grid of places, a row after another */
  readonly samples: readonly number[];
  readonly requests: number;
}

let server: RunningServer;
let browser: Browser;

/** Opens a source, waits until all of it is drawn, and looks at the picture. */
async function show(page: Page, source: string, name: string): Promise<Shown> {
  const failed: string[] = [];
  let requests = 0;
  page.on("response", (response) => {
    if (/\.(jpg|png|webp)/.test(response.url())) requests++;
    if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`);
  });
  page.on("pageerror", (error) => failed.push(error.message));
  // A page of the server's own: another origin would need its leave, and has it, but this is not what is tested here.
  await page.goto(new URL("/healthz", server.address).href);
  await page.setContent('<body style="margin: 0; background: #888"><div id="viewer" style="width: 900px; height: 700px"></div></body>');
  await page.addScriptTag({ content: readFileSync(LIBRARY, "utf8") });
  const size = await page.evaluate(
    (tileSources) =>
      new Promise<{ x: number; y: number }>((resolve, reject) => {
        // @ts-expect-error The library's own types are for its own version of the DOM.
        const viewer = OpenSeadragon({ id: "viewer", tileSources, drawer: "canvas", showNavigationControl: false, immediateRender: true, crossOriginPolicy: "Anonymous" });
        viewer.addHandler("open-failed", (event: { message: string }) => reject(new Error(event.message)));
        viewer.addHandler("tile-load-failed", (event: { message: string }) => reject(new Error(event.message)));
        viewer.addHandler("open", () => {
          const item = viewer.world.getItemAt(0);
          const done = () => resolve(item.getContentSize());
          if (item.getFullyLoaded()) done();
          else item.addOnceHandler("fully-loaded-change", done);
        });
      }),
    source,
  );
  if (SHOTS !== undefined) {
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `openseadragon-${name}.png`) });
  }
  const samples = await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const canvas = document.querySelector<HTMLCanvasElement>("#viewer canvas")!;
    const context = canvas.getContext("2d")!;
    const found: number[] = [];
    for (let y = 50; y < canvas.height; y += 50) {
      for (let x = 50; x < canvas.width; x += 50) found.push(...context.getImageData(x, y, 1, 1).data.slice(0, 3));
    }
    return found;
  });
  expect(failed).toEqual([]);
  return { width: size.x, height: size.y, samples, requests };
}

describe.skipIf(absent !== undefined)(`OpenSeadragon${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  const shown = new Map<string, Shown>();

  beforeAll(async () => {
    server = await serve({ [SPECKLES]: "speckles.zarr" });
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it.each([
    ["iiif3", "/iiif/3/speckles.zarr/info.json"],
    ["iiif2", "/iiif/2/speckles.zarr/info.json"],
    ["deepzoom", "/deepzoom/speckles.zarr.dzi"],
    ["deepzoom-one-channel", "/deepzoom/speckles.zarr.dzi?c=0:FF0000"],
  ])("shows %s", async (name, path) => {
    const page = await browser.page(900, 700);
    const seen = await show(page, new URL(path, server.address).href, name);
    await page.close();
    expect([seen.width, seen.height]).toEqual([1200, 1000]);
    expect(seen.requests).toBeGreaterThan(0);
    // A picture, no even grey: many values, dark and bright ones among them.
    expect(new Set(seen.samples).size).toBeGreaterThan(20);
    shown.set(name, seen);
  });

  it("shows the same through all of them", () => {
    const first = shown.get("iiif3")!;
    for (const name of ["iiif2", "deepzoom"]) {
      const differences = shown.get(name)!.samples.map((value, at) => Math.abs(value - first.samples[at]!));
      expect(differences.reduce((sum, value) => sum + value, 0) / differences.length, name).toBeLessThan(6);
    }
  });

  it("shows one channel in the colour that the query says", () => {
    const { samples } = shown.get("deepzoom-one-channel")!;
    const most = (component: number) => Math.max(...samples.filter((_, at) => at % 3 === component));
    expect(most(0)).toBeGreaterThan(60);
    expect([most(1), most(2)].every((value) => value < 20)).toBe(true);
  });
});

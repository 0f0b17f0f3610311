/** Values under the pointer are the source's own, for every kind of pixel; labels have the colours that docs/protocol.md gives them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { missing, python, serve, sharedPath, sourcePixels, type RunningServer } from "../support/server.ts";
import { ViewerPage } from "../support/stage.ts";

const STACK = "zstack16_dna_conf_wf_zcyx.tif";
const FLOATS = "float32_BPAE_actin.tif";
const NUCLEI = "labels_uint16_nuclei_682.tif";
const MAIZE = "labels_uint32_maize.tif";
const absent = missing(STACK, FLOATS, NUCLEI, MAIZE);

/** One plane of the stack as other microscopes would write it. */
const MADE = { uint8: "(array >> 6).clip(0, 255).astype('uint8')", few: "(array >> 11).astype('uint8')", int16: "array.astype('int16') - 3000", bool: "array > 3000", float64: "array / 7" };
const folder = mkdtempSync(join(tmpdir(), "ziggurat-kinds-"));
const fileOf = (kind: string) => join(folder, `${kind}.npy`);
const SOURCES: { readonly [name: string]: string } = {
  "uint16.zarr": STACK,
  "float32.zarr": FLOATS,
  "labels16.zarr": NUCLEI,
  "labels32.zarr": MAIZE,
  ...Object.fromEntries(Object.keys(MADE).map((kind) => [`${kind}.zarr`, fileOf(kind)])),
};

let server: RunningServer;
let browser: Browser;
let viewer: ViewerPage;

/** As docs/protocol.md writes it down, in numbers that never overflow. */
function colourOf(label: number): number[] {
  const h = (BigInt(label) * 2654435769n) % 2n ** 32n;
  const kind = Number((h >> 8n) % 4n);
  const [high, low] = [[255, 255, 200, 230][kind]!, [60, 130, 30, 90][kind]!];
  const turn = Number(h >> 16n) * 6;
  const rise = low + (((high - low) * ((turn >> 8) % 256)) >> 8);
  const fall = high + low - rise;
  return [[high, rise, low], [fall, high, low], [low, high, rise], [low, fall, high], [rise, low, high], [high, low, fall]][turn >> 16]!;
}

/** A source's pixels as numbers; `select` is Python on `array`. */
function numbers(name: string, select: string): number[] {
  const bytes = sourcePixels(SOURCES[name]!, `(${select}).astype('float64')`);
  return [...new Float64Array(Uint8Array.from(bytes).buffer)];
}

describe.skipIf(absent !== undefined)(`every kind of pixel${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    for (const [kind, expression] of Object.entries(MADE)) {
      python(`import sys, numpy, tifffile; array = tifffile.imread(sys.argv[1])[22, 1]; numpy.save(sys.argv[2], ${expression})`, sharedPath(STACK), fileOf(kind));
    }
    server = await serve(Object.fromEntries(Object.entries(SOURCES).map(([name, source]) => [source, name])));
    browser = await launch();
    viewer = await ViewerPage.make(await browser.page(1100, 700), server.address);
    viewer.gate.release();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ["uint8.zarr", "array"],
    ["few.zarr", "array"],
    ["uint16.zarr", "array[22, 0]"],
    ["int16.zarr", "array"],
    ["bool.zarr", "array"],
    ["float32.zarr", "array"],
    ["float64.zarr", "array.astype('float32')"], // as much as graphics cards hold
    ["labels16.zarr", "array"],
    ["labels32.zarr", "array"],
  ])("of %s: under the pointer and all together", async (name, select) => {
    await viewer.open(name, "&exact=1");
    await viewer.idle();
    const isMeans = !/^(bool|few|float|label)/.test(name);
    expect([...viewer.cores].sort()).toEqual(isMeans ? ["ziggurat-means"] : ["ziggurat", "ziggurat-means"]);
    await viewer.look({ x: 60, y: 70, zoom: 4 });
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ exact: true, maxError: 0, level: 0 });
    await viewer.keep(`kind-${name.split(".")[0]!}`);
    expect(await viewer.exactValues(0, 20, 120, 10, 110)).toEqual(numbers(name, `${select}[20:120, 10:110]`));
    const pointer = viewer.page.locator(".pointer");
    for (const [x, y] of [[60, 70], [33, 90], [81, 44]] as const) {
      const box = (await viewer.page.locator(".view").boundingBox())!;
      const at = (to: number, centre: number, size: number) => Math.round((to + 0.5 - centre) * 4 + size / 2);
      await viewer.page.mouse.move(box.x + at(x, 60, box.width), box.y + at(y, 70, box.height));
      await expect.poll(() => pointer.textContent()).toContain(`x ${x}  y ${y} `);
      const shown = /^x \d+ {2}y \d+ {3}.*?(\S+)(?: {3}.*)?$/.exec((await pointer.textContent())!)?.[1]; // of the first channel
      expect(Math.fround(Number(shown)), `${x}, ${y}`).toBe(Math.fround(numbers(name, `${select}[${y}:${y + 1}, ${x}:${x + 1}]`)[0]!));
    }
  });

  it.each(["labels16.zarr", "labels32.zarr"])("%s in their own colours, from afar and from near", async (name) => {
    await viewer.open(name);
    await viewer.idle();
    await viewer.keep(`${name.split(".")[0]!}-whole`);
    const known = new Set([...new Set(numbers(name, "__import__('numpy').unique(array)"))].map((label) => (label === 0 ? "0,0,0" : colourOf(label).join())));
    for (const zoom of [0.5, 3]) {
      await viewer.look({ x: 300, y: 300, zoom });
      await viewer.idle();
      const { pixels, width, height } = await viewer.picture();
      const seen = new Set<string>();
      for (let y = height / 2 - 140; y < height / 2 + 140; y++) {
        for (let x = width / 2 - 140; x < width / 2 + 140; x++) {
          const place = (Math.floor(y) * width + Math.floor(x)) * 4;
          seen.add([...pixels.subarray(place, place + 3)].join());
        }
      }
      expect([...seen].filter((colour) => !known.has(colour)), "colours of no label").toEqual([]);
      expect(seen.size).toBeGreaterThan(1);
    }
  });

  it("of floats with windows in their own units", async () => {
    await viewer.open("float32.zarr");
    await viewer.idle();
    await viewer.keep("float32-whole");
    await viewer.page.getByRole("button", { name: "Auto" }).click();
    await viewer.idle();
    const { looks, maxError } = await viewer.state();
    const [low, high] = looks[0]!.window;
    const sorted = numbers("float32.zarr", "array").sort((a, b) => a - b);
    expect(low).toBeGreaterThanOrEqual(sorted[0]! - maxError);
    expect(high).toBeLessThanOrEqual(sorted.at(-1)! + maxError);
    expect(high).toBeGreaterThan(sorted[sorted.length >> 1]!);
  });

  it("had nothing to complain of", () => expect(viewer.troubles).toEqual([]));

  it("says so when what decodes labels cannot be loaded, and shows what needs it not", async () => {
    await viewer.page.route(/ziggurat-.{8}\.wasm$/, (route) => route.abort());
    await viewer.open("labels16.zarr");
    await viewer.idle();
    await expect.poll(() => viewer.page.locator("footer").textContent()).toContain("The decoder of these pixels was not loaded");
    await viewer.open("uint16.zarr");
    await viewer.idle();
    expect(await viewer.page.locator("footer").textContent()).not.toContain("not loaded");
  });
});

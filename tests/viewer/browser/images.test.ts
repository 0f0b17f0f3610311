/** The viewer in Chromium on the real server: from nothing to the source's own values, for each kind of image. */
import { mkdir } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { Gate } from "../support/gate.ts";
import { missing, serve, sourcePixels, type RunningServer } from "../support/server.ts";

const SPECKLES = "fluo16_speckles_2ch_1200";
const SLIDE = "HE_CMU-1-Small-Region.svs";
const STACK = "zstack16_dna_conf_wf_zcyx.tif";
const absent = missing(SPECKLES, SLIDE, STACK);
/** Where pictures are kept for a person to look at; none when it is not set. */
const shots = process.env["ZIGGURAT_SCREENSHOTS"];

let server: RunningServer;
let browser: Browser;
let page: Page;
const troubles: string[] = [];

async function open(name: string): Promise<void> {
  await page.goto(`${server.address}#image=${name}`);
  await page.waitForFunction((wanted) => window.ziggurat?.opened === wanted, name);
}

async function shoot(name: string): Promise<Buffer> {
  if (shots !== undefined) await page.screenshot({ path: `${shots}/${name}.png` });
  return page.locator("canvas").screenshot();
}

const state = () => page.evaluate(() => window.ziggurat.state);

async function values(channel: number, y0: number, y1: number, x0: number, x1: number) {
  const read = await page.evaluate((args) => window.ziggurat.values(...args), [channel, y0, y1, x0, x1] as const);
  expect(read.maxError).toBe(0);
  return read.values;
}

describe.skipIf(absent !== undefined)(`the viewer${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    if (shots !== undefined) await mkdir(shots, { recursive: true });
    server = await serve({ [SPECKLES]: "speckles.zarr", [SLIDE]: "slide.zarr", [STACK]: "stack.zarr" });
    browser = await launch();
    page = await browser.page(1280, 800);
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("sharpens two channels of 16 bits until they are the source's own", async () => {
    const gate = await Gate.before(page);
    await open("speckles.zarr");
    let nbytes = 0;
    while ((await state()).firstPictureBytes === undefined) {
      nbytes += await gate.next();
      await page.evaluate(() => window.ziggurat.caughtUp());
    }
    const first = await state();
    expect(first).toMatchObject({ bytesReceived: nbytes, exact: false, settled: false });
    await shoot("speckles-1-first");

    const bounds = [first.maxError];
    for (let size = 1; size > 0; ) {
      size = await gate.next();
      await page.evaluate(() => window.ziggurat.caughtUp());
      bounds.push((await state()).maxError);
      if (bounds.length === 12) await shoot("speckles-2-halfway");
    }
    expect(bounds).toEqual([...bounds].sort((a, b) => b - a));
    const enough = await state();
    // Half of one of 255 steps of the window is the most that may be missing.
    expect(enough.maxError).toBeLessThanOrEqual((enough.looks[1]!.window[1] - enough.looks[1]!.window[0]) / 510);
    expect(enough).toMatchObject({ exact: false, settled: true });

    gate.release();
    await page.getByRole("checkbox", { name: "Exact" }).check();
    await page.evaluate(() => window.ziggurat.idle());
    expect(await state()).toMatchObject({ exact: true, maxError: 0, level: 0 });
    await shoot("speckles-3-exact");
    const source = new Uint16Array(Uint8Array.from(sourcePixels(SPECKLES, "array")).buffer);
    for (const channel of [0, 1]) {
      const plane = source.subarray(channel * 1200 * 1000, (channel + 1) * 1200 * 1000);
      expect(Buffer.from(Uint16Array.from(await values(channel, 0, 1000, 0, 1200)).buffer).equals(Buffer.from(plane.slice().buffer))).toBe(true);
    }
  });
});

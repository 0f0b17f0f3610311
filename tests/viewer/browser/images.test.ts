/** The viewer in Chromium on the real server: from nothing to the source's own values, for each kind of image. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { unseen } from "../../../viewer/src/view/camera.ts";
import { launch, type Browser } from "../support/browser.ts";
import { missing, python, serve, sharedPath, sourcePixels, type RunningServer } from "../support/server.ts";
import { ViewerPage } from "../support/stage.ts";

const SPECKLES = "fluo16_speckles_2ch_1200";
const SLIDE = "HE_CMU-1-Small-Region.svs";
const STACK = "zstack16_dna_conf_wf_zcyx.tif";
const absent = missing(SPECKLES, SLIDE, STACK);

/** One plane of the stack in 16 signed and in 32 bits, as few microscopes write them: same picture, other numbers. */
const OTHER_KINDS = { int16: "array.astype('int16') - 3000", int32: "array.astype('int32') * 1000 - 2_000_000", uint32: "array.astype('uint32') * 1000" };
const folder = mkdtempSync(join(tmpdir(), "ziggurat-kinds-"));
const fileOf = (kind: string) => join(folder, `${kind}.npy`);

let server: RunningServer;
let browser: Browser;
let viewer: ViewerPage;

describe.skipIf(absent !== undefined)(`the viewer${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    for (const [kind, expression] of Object.entries(OTHER_KINDS)) {
      const program = `import sys, numpy, tifffile; array = tifffile.imread(sys.argv[1])[22, 1]; numpy.save(sys.argv[2], ${expression})`;
      python(program, sharedPath(STACK), fileOf(kind));
    }
    const others = Object.fromEntries(Object.keys(OTHER_KINDS).map((kind) => [fileOf(kind), `${kind}.zarr`]));
    server = await serve({ [SPECKLES]: "speckles.zarr", [SLIDE]: "slide.zarr", [STACK]: "stack.zarr", ...others });
    browser = await launch();
    viewer = await ViewerPage.make(await browser.page(1300, 760), server.address); // large enough to show speckles at level 0
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("sharpens two channels of 16 bits until they are the source's own", async () => {
    await viewer.open("speckles.zarr");
    let nbytes = 0;
    while ((await viewer.state()).firstPictureBytes === undefined) nbytes += await viewer.step();
    const first = await viewer.state();
    expect(first).toMatchObject({ bytesReceived: nbytes, firstPictureBytes: nbytes, exact: false, settled: false });
    expect(nbytes).toBeLessThan(128 * 1024);
    await viewer.keep("speckles-1-first");

    const bounds = [first.maxError];
    for (let messages = 0; messages < 12; messages++) {
      await viewer.step();
      bounds.push((await viewer.state()).maxError);
      if (messages === 8) await viewer.keep("speckles-2-halfway");
    }
    viewer.gate.release();
    await viewer.idle();
    bounds.push((await viewer.state()).maxError);
    expect(bounds).toEqual([...bounds].sort((a, b) => b - a));
    const enough = await viewer.state();
    // What cannot be seen in pixels of this size is the most that may be missing: docs/seeing.md.
    const { greys, spare } = unseen(enough.camera, enough.level);
    expect(enough.maxError).toBeLessThanOrEqual((greys * 2 ** spare * (enough.looks[1]!.window[1] - enough.looks[1]!.window[0])) / 255);
    expect(enough).toMatchObject({ exact: false, settled: true });

    await viewer.page.getByRole("checkbox", { name: "Exact" }).check();
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ exact: true, maxError: 0, level: 0 });
    await viewer.keep("speckles-3-exact");
    const source = sourcePixels(SPECKLES, "array");
    for (const channel of [0, 1]) {
      const held = Uint16Array.from(await viewer.exactValues(channel, 0, 1000, 0, 1200));
      expect(Buffer.from(held.buffer).equals(source.subarray(channel * held.byteLength, (channel + 1) * held.byteLength))).toBe(true);
    }
  });

  it("shows a slide in its own colours, and holds its values", async () => {
    viewer.gate.release();
    await viewer.open("slide.zarr", "&exact=1");
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ exact: true });
    await viewer.keep("slide-whole");
    await viewer.look({ y: 1500, x: 1100, zoom: 1 });
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ exact: true, level: 0 });
    await viewer.keep("slide-full-size");
    const source = sourcePixels(SLIDE, "array[1400:1600, 1000:1200]");
    for (const component of [0, 1, 2]) {
      const held = await viewer.exactValues(component, 1400, 1600, 1000, 1200);
      expect(held).toEqual([...source].filter((_, index) => index % 3 === component));
    }
  });

  it("steps through a stack without a blank between, and holds the values of the plane it shows", async () => {
    await viewer.open("stack.zarr", "&exact=1");
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ at: { z: 22 }, exact: true });
    await viewer.keep("stack-middle");
    const slider = viewer.page.getByRole("slider", { name: "Position on axis z" });
    await slider.focus();
    for (let steps = 0; steps < 5; steps++) await viewer.page.keyboard.press("ArrowRight");
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ at: { z: 27 }, exact: true });
    const source = sourcePixels(STACK, "array[27]");
    for (const channel of [0, 1]) {
      const held = Uint16Array.from(await viewer.exactValues(channel, 0, 130, 0, 133));
      expect(Buffer.from(held.buffer).equals(source.subarray(channel * held.byteLength, (channel + 1) * held.byteLength))).toBe(true);
    }
    await viewer.keep("stack-step");
  });

  it("has a coarse picture of the next planes before they are asked for, and plays", async () => {
    await viewer.open("stack.zarr");
    await viewer.idle();
    await viewer.page.locator(".view > canvas").focus();
    await viewer.page.keyboard.press("PageUp");
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ at: { z: 23 }, settled: true });
    viewer.gate.hold();
    for (const z of [24, 25]) {
      await viewer.page.keyboard.press("PageUp");
      await viewer.page.evaluate(() => window.ziggurat.caughtUp());
      expect(await viewer.state()).toMatchObject({ at: { z }, shownAt: { z }, settled: false });
    }
    await viewer.page.keyboard.press("PageUp");
    await viewer.page.evaluate(() => window.ziggurat.caughtUp());
    expect(await viewer.state(), "nobody has seen this one").toMatchObject({ at: { z: 26 }, shownAt: { z: 25 } });
    viewer.gate.release();
    await viewer.page.getByRole("button", { name: "Play axis z" }).click();
    await viewer.page.waitForFunction(() => window.ziggurat.state.shownAt["z"]! >= 30);
    expect(await viewer.page.getByRole("button", { name: "Play axis z" }).getAttribute("aria-pressed")).toBe("true");
    await viewer.page.locator(".view > canvas").focus();
    await viewer.page.keyboard.press(" ");
    await viewer.idle();
    const { at, shownAt } = await viewer.state();
    expect(shownAt).toEqual(at);
    expect(await viewer.page.getByRole("button", { name: "Play axis z" }).getAttribute("aria-pressed")).toBe("false");
    await viewer.keep("stack-played");
  });

  it.each(Object.keys(OTHER_KINDS))("shows and holds %s", async (kind) => {
    await viewer.open(`${kind}.zarr`, "&exact=1");
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ exact: true });
    await viewer.keep(kind);
    const file = sourcePixels(fileOf(kind), "array.astype('int64')");
    const source = [...new BigInt64Array(Uint8Array.from(file).buffer)].map(Number);
    expect(await viewer.exactValues(0, 0, 130, 0, 133)).toEqual(source);
    // The middle of the nucleus is light, the corner of the image is not.
    const { height, width, pixels } = await viewer.picture();
    const green = (y: number, x: number) => pixels[(Math.floor(y) * width + Math.floor(x)) * 4 + 1]!;
    expect(green(height / 2, width / 2)).toBeGreaterThan(100);
    expect(green(height * 0.1, width / 2 - height * 0.4)).toBeLessThan(30);
  });

  it("had nothing to complain of", () => expect(viewer.troubles).toEqual([]));
});

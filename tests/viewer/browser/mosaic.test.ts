/**
 * A very large image, made by `python scripts/mosaic.py DST`: making it takes minutes, so this runs only where ZIGGURAT_MOSAIC
 * names one. At least 16,000 × 16,000 pixels of two 16-bit channels.
 */
import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { python, serveRoot, type RunningServer } from "../support/server.ts";
import { difference, ViewerPage } from "../support/stage.ts";

const mosaic = process.env["ZIGGURAT_MOSAIC"] ?? "";
const [HEIGHT, WIDTH] = [300, 400];
const FIRST_NBYTES = 128 * 1024;
/** docs/protocol.md: about 8 kB, or a packet that is longer. */
const MOST_NBYTES_A_MESSAGE = 24 * 1024;

/** The pixels of the frames that were laid there, with nothing of the store between. */
const SOURCE = `
import sys
sys.path.insert(0, "scripts")
from mosaic import FRAMES, mosaic
from ziggurat.ingest import open_source
size, y, x, height, width = map(int, sys.argv[1:])
frames = open_source(FRAMES, "c")
source = mosaic(frames.read(tuple(slice(0, n) for n in frames.shape)), size)
sys.stdout.buffer.write(source.read((slice(0, 2), slice(y, y + height), slice(x, x + width))).astype("<u2").tobytes())
`;

let server: RunningServer;
let browser: Browser;
let viewer: ViewerPage;

describe.skipIf(!existsSync(mosaic))("a mosaic of 16,000 pixels a side (skipped where ZIGGURAT_MOSAIC names none)", () => {
  beforeAll(async () => {
    server = await serveRoot(dirname(mosaic));
    browser = await launch();
    viewer = await ViewerPage.make(await browser.page(1920, 1080), server.address);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("shows itself whole within 128 KiB, much as it will be", async () => {
    await viewer.open(basename(mosaic));
    let nbytes = 0;
    while (nbytes < FIRST_NBYTES - MOST_NBYTES_A_MESSAGE) nbytes += await viewer.step();
    expect(nbytes).toBeLessThanOrEqual(FIRST_NBYTES);
    expect((await viewer.state()).firstPictureBytes).toBeLessThanOrEqual(FIRST_NBYTES);
    await viewer.keep("mosaic-1-first");
    const first = await viewer.picture();
    viewer.gate.release();
    await viewer.idle();
    await viewer.keep("mosaic-1-settled");
    const off = difference(await viewer.picture(), first);
    console.log(`after ${nbytes} bytes ${off.toFixed(2)} of 255 from what a screen can show`);
    expect(off).toBeLessThan(4);
  });

  it("sharpens in place at its centre until the values are the source's own", async () => {
    const [height, width] = await viewer.page.evaluate(() => {
      const { camera } = window.ziggurat.state; // fitted: it looks at the centre
      return [2 * camera.y, 2 * camera.x] as const;
    });
    expect(Math.min(height, width)).toBeGreaterThanOrEqual(16_000);
    viewer.gate.hold();
    await viewer.look({ zoom: 1 });
    await viewer.step();
    await viewer.keep("mosaic-2-zoomed");
    for (let messages = 0; messages < 6; messages++) await viewer.step();
    await viewer.keep("mosaic-3-sharper");
    viewer.gate.release();
    await viewer.page.getByRole("checkbox", { name: "Exact" }).check();
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ exact: true, level: 0 });
    await viewer.keep("mosaic-4-exact");
    const [y, x] = [height / 2 - HEIGHT / 2, width / 2 - WIDTH / 2];
    const source = python(SOURCE, ...[height, y, x, HEIGHT, WIDTH].map(String));
    for (const channel of [0, 1]) {
      const held = Uint16Array.from(await viewer.exactValues(channel, y, y + HEIGHT, x, x + WIDTH));
      expect(Buffer.from(held.buffer).equals(source.subarray(channel * held.byteLength, (channel + 1) * held.byteLength))).toBe(true);
    }
    expect(viewer.troubles).toEqual([]);
  });
});

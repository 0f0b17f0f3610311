/** What is on the canvas is what the data say: compared with the same computed from the source's pixels. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { unseen } from "../../../viewer/src/view/camera.ts";
import { launch, type Browser } from "../support/browser.ts";
import { missing, serve, sourcePixels, type RunningServer } from "../support/server.ts";
import { difference, ViewerPage, type Picture } from "../support/stage.ts";

const SPECKLES = "fluo16_speckles_2ch_1200";
const SLIDE = "HE_CMU-1-Small-Region.svs";
const absent = missing(SPECKLES, SLIDE);
const [HEIGHT, WIDTH] = [1000, 1200];

let server: RunningServer;
let browser: Browser;
let viewer: ViewerPage;

/** The source at a point, as bilinear sampling of the whole plane has it: chunks know nothing of this. */
function sampled(plane: Uint16Array, y: number, x: number): number {
  const clamp = (value: number, size: number) => Math.min(Math.max(value, 0), size - 1);
  const at = (row: number, column: number) => plane[clamp(row, HEIGHT) * WIDTH + clamp(column, WIDTH)]!;
  const [row, column] = [Math.floor(y - 0.5), Math.floor(x - 0.5)];
  const [fy, fx] = [y - 0.5 - row, x - 0.5 - column];
  const mix = (a: number, b: number, share: number) => a + (b - a) * share;
  return mix(mix(at(row, column), at(row, column + 1), fx), mix(at(row + 1, column), at(row + 1, column + 1), fx), fy);
}

/** The largest difference between a picture of the speckles and what it should be. */
async function largestDifference(picture: Picture, sample: typeof sampled): Promise<number> {
  const { camera, looks } = await viewer.state();
  const pixels = new Uint16Array(Uint8Array.from(sourcePixels(SPECKLES, "array")).buffer);
  let most = 0;
  for (let row = 0; row < picture.height; row++) {
    for (let column = 0; column < picture.width; column++) {
      const y = camera.y + (row + 0.5 - picture.height / 2) / camera.zoom;
      const x = camera.x + (column + 0.5 - picture.width / 2) / camera.zoom;
      if (y < 0 || x < 0 || y >= HEIGHT || x >= WIDTH) continue;
      const light = [0, 0, 0];
      looks.forEach(({ colour, window: [low, high] }, channel) => {
        const value = sample(pixels.subarray(channel * HEIGHT * WIDTH), y, x);
        const share = Math.min(Math.max((value - low) / (high - low), 0), 1);
        for (const part of [0, 1, 2]) light[part]! += share * Number.parseInt(colour.slice(2 * part, 2 * part + 2), 16);
      });
      for (const part of [0, 1, 2]) {
        most = Math.max(most, Math.abs(picture.pixels[(row * picture.width + column) * 4 + part]! - Math.min(255, light[part]!)));
      }
    }
  }
  return most;
}

describe.skipIf(absent !== undefined)(`the canvas${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    server = await serve({ [SPECKLES]: "speckles.zarr", [SLIDE]: "slide.zarr" });
    browser = await launch();
    viewer = await ViewerPage.make(await browser.page(960, 640), server.address);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** To 8 bits, for each of two channels. */
  const ROUNDING = 2;
  /** Corners are placed to a fraction of a pixel, which counts where neighbours differ much. */
  const PLACING = 2;

  it("shows pixels as they are when they are larger than the screen's", async () => {
    viewer.gate.release();
    await viewer.open("speckles.zarr", "&exact=1&x=512.3&y=512.2&zoom=3");
    await viewer.idle();
    const exact = (plane: Uint16Array, y: number, x: number) => plane[Math.floor(y) * WIDTH + Math.floor(x)]!;
    const picture = await viewer.picture();
    expect(await largestDifference(picture, exact)).toBeLessThanOrEqual(ROUNDING);
  });

  it("is smooth and has no seams between chunks when they are smaller", async () => {
    await viewer.look({ x: 600, y: 520, zoom: 0.8 }); // the corner of four chunks is in sight
    await viewer.idle();
    expect((await viewer.state()).level).toBe(0);
    expect(await largestDifference(await viewer.picture(), sampled)).toBeLessThanOrEqual(ROUNDING + PLACING);
  });

  it("fits the image to the screen, however late the browser tells of its size, and until it is moved", async () => {
    const page = await browser.page(1100, 700);
    // As on a busy machine: the image is there before the first word of sizes.
    await page.addInitScript(() => {
      const held: (() => void)[] = [];
      const { observe } = ResizeObserver.prototype;
      ResizeObserver.prototype.observe = function (...told) {
        held.push(() => observe.apply(this, told));
      };
      Object.assign(window, { tellSizes: () => held.splice(0).forEach((tell) => tell()) });
    });
    const late = ViewerPage.free(page, server.address);
    await late.open("speckles.zarr");
    await late.idle();
    const fits = (await late.page.locator(".view").boundingBox())!;
    const zoomOf = ({ height, width }: { height: number; width: number }) => 0.96 * Math.min(height / HEIGHT, width / WIDTH);
    expect((await late.state()).camera).toEqual({ y: HEIGHT / 2, x: WIDTH / 2, zoom: zoomOf(fits) });
    await page.evaluate(() => (window as unknown as { tellSizes(): void }).tellSizes());
    await page.setViewportSize({ width: 1300, height: 900 });
    await expect.poll(async () => (await late.state()).camera.zoom).toBe(zoomOf((await late.page.locator(".view").boundingBox())!));
    await late.look({ x: 300 });
    const { camera } = await late.state();
    await page.setViewportSize({ width: 1000, height: 700 });
    await late.idle();
    expect((await late.state()).camera).toEqual(camera);
    expect(late.troubles).toEqual([]);
    await page.close();
  });

  it("never gets blurrier on the way from afar to all that can be seen", async () => {
    viewer.gate.release();
    await viewer.page.setViewportSize({ width: 800, height: 560 });
    await viewer.open("slide.zarr", "&zoom=0.08");
    await viewer.idle();
    expect((await viewer.state()).level).toBe(3);
    viewer.gate.hold();
    await viewer.look({ x: 1100, y: 1300, zoom: 1 });
    const pictures = [await viewer.picture()];
    for (let messages = 1; (await viewer.step()) > 0; messages++) if (messages < 8 || messages % 6 === 0) {
        pictures.push(await viewer.picture());
        await viewer.keep(`sharpening-${messages}`);
      }
    await viewer.idle();
    const rested = await viewer.state();
    expect(rested).toMatchObject({ settled: true, level: 0 });
    const { greys, spare } = unseen(rested.camera, 0);
    // Of 256 greys, docs/seeing.md; once more as much, as resolutions that end apart have the bound that holds for any data.
    expect(rested.maxError).toBeLessThanOrEqual(greys * 2 ** (spare + 1));
    const last = await viewer.picture();
    const distances = pictures.map((picture) => difference(picture, last));
    expect(distances[0]).toBeGreaterThan(1);
    distances.forEach((distance, index) => {
      // A hundredth of the way is what noise in early steps may cost.
      if (index > 0) expect(distance, `after ${index} pictures: ${distances.join(" ")}`).toBeLessThanOrEqual(distances[index - 1]! + distances[0]! / 100);
    });
  });

  /** The picture while the camera never rests: it moves by less than can be seen. */
  async function inMotion(): Promise<Picture> {
    await viewer.page.evaluate(async () => {
      const { zoom } = window.ziggurat.state.camera;
      let frames = 0;
      const shake = (): void => {
        frames++;
        window.ziggurat.look({ zoom: zoom * (1 + 1e-9 * (frames % 2)) });
        if (!Reflect.has(window, "rest")) requestAnimationFrame(shake);
      };
      Reflect.deleteProperty(window, "rest");
      shake();
      while (frames < 4) await new Promise((resolve) => requestAnimationFrame(resolve));
    });
    const picture = await viewer.picture();
    await viewer.page.evaluate(() => void Reflect.set(window, "rest", true));
    return picture;
  }

  it("shows the image in its new size while it is zoomed, and the whole screen of it", async () => {
    viewer.gate.release();
    await viewer.open("slide.zarr", "&x=1100&y=1300&zoom=0.5");
    await viewer.idle();
    for (const [by, moved] of [[1.2, 60], [0.7, -60]] as const) {
      const before = await viewer.picture();
      const { camera } = await viewer.state();
      await viewer.look({ x: camera.x + moved, zoom: camera.zoom * by });
      const zoomed = await inMotion();
      await viewer.keep(`zoomed-${by}`);
      await viewer.idle();
      const after = await viewer.picture();
      expect(difference(zoomed, after)).toBeGreaterThan(0); // it was in motion
      expect(difference(zoomed, after)).toBeLessThan(difference(before, after) / 3);
    }
  });

  it("goes on where it was after the connection was lost", async () => {
    await viewer.page.setViewportSize({ width: 960, height: 640 });
    viewer.gate.hold();
    await viewer.open("speckles.zarr", "&exact=1&x=256&y=256&zoom=1");
    for (let messages = 0; messages < 4; messages++) await viewer.step();
    const before = await viewer.state();
    await viewer.gate.cut();
    await viewer.page.waitForFunction(() => !window.ziggurat.state.connected);
    await viewer.page.waitForFunction(() => window.ziggurat.state.connected);
    expect((await viewer.state()).maxError).toBeLessThanOrEqual(before.maxError);
    viewer.gate.release();
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ exact: true, connected: true });
    expect(await viewer.exactValues(0, 0, 1, 0, 3)).toEqual([...new Uint16Array(Uint8Array.from(sourcePixels(SPECKLES, "array[0, :1, :3]")).buffer)]);
  });

  it("had nothing to complain of", () => expect(viewer.troubles).toEqual([]));
});

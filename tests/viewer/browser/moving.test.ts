/** Moving about by fingers, as the browser itself makes events of them, and by the overview. */
import type { CDPSession } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { missing, serve, type RunningServer } from "../support/server.ts";
import { ViewerPage } from "../support/stage.ts";

const SPECKLES = "fluo16_speckles_2ch_1200";
const STACK = "zstack16_dna_conf_wf_zcyx.tif";
const absent = missing(SPECKLES, STACK);

let server: RunningServer;
let browser: Browser;
let viewer: ViewerPage;

const camera = async () => (await viewer.state()).camera;
const box = async () => (await viewer.page.locator(".view").boundingBox())!;

/** What of the image lies under a point of the page. */
async function under(x: number, y: number): Promise<{ x: number; y: number }> {
  const [{ x: cx, y: cy, zoom }, view] = [await camera(), await box()];
  const [height, width] = [Math.round(view.height), Math.round(view.width)];
  return { x: cx + (x - view.x - width / 2) / zoom, y: cy + (y - view.y - height / 2) / zoom };
}

describe.skipIf(absent !== undefined)(`moving about${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    server = await serve({ [SPECKLES]: "speckles.zarr", [STACK]: "stack.zarr" });
    browser = await launch();
    viewer = ViewerPage.free(await browser.page(1000, 640), server.address);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  describe("by fingers", () => {
    let devtools: CDPSession;

    beforeAll(async () => {
      devtools = await viewer.page.context().newCDPSession(viewer.page);
      await devtools.send("Emulation.setTouchEmulationEnabled", { enabled: true, maxTouchPoints: 5 });
      await viewer.open("speckles.zarr");
      await viewer.idle();
    });

    beforeEach(() => viewer.look({ x: 600, y: 500, zoom: 1 }));

    afterAll(() => devtools.send("Emulation.setTouchEmulationEnabled", { enabled: false }));

    let seconds = Date.now() / 1000;
    /** 50 ms later: where the fingers are that come down, or move; or which are lifted, all if none is named. In pixels of the page. */
    const touch = async (type: "touchStart" | "touchMove" | "touchEnd", ...fingers: [x: number, y: number, id?: number][]) => {
      const touchPoints = fingers.map(([x, y, id], index) => ({ x, y, id: id ?? index }));
      await devtools.send("Input.dispatchTouchEvent", { type, touchPoints, timestamp: (seconds += 0.05) });
      await viewer.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))); // moves are told once a frame
    };

    it("one finger moves the image", async () => {
      const fixed = await under(400, 300);
      await touch("touchStart", [400, 300]);
      await touch("touchMove", [430, 280]);
      await touch("touchMove", [490, 230]);
      await touch("touchEnd");
      const after = await under(490, 230);
      expect([after.x, after.y]).toEqual([fixed.x, fixed.y]);
      expect((await camera()).zoom).toBe(1);
      expect(await viewer.page.evaluate(() => [scrollX, scrollY, visualViewport!.scale])).toEqual([0, 0, 1]);
    });

    it("two fingers pinch about their middle, and go on as one when the other is lifted", async () => {
      const fixed = await under(450, 300);
      await touch("touchStart", [420, 300]);
      await touch("touchStart", [420, 300], [480, 300]);
      await touch("touchMove", [400, 300], [500, 300]);
      await touch("touchMove", [360, 320], [560, 320]);
      const pinched = await under(460, 320);
      expect((await camera()).zoom).toBeCloseTo(200 / 60, 6);
      expect(pinched.x).toBeCloseTo(fixed.x, 6);
      expect(pinched.y).toBeCloseTo(fixed.y, 6);
      const held = await under(360, 320);
      await touch("touchEnd", [560, 320, 1]);
      await touch("touchMove", [300, 350]);
      await touch("touchEnd");
      const after = await under(300, 350);
      expect([after.x, after.y].map(Math.round)).toEqual([held.x, held.y].map(Math.round));
      expect((await camera()).zoom).toBeCloseTo(200 / 60, 6);
    });

    it("a double tap zooms to where it was, a single one does nothing", async () => {
      const fixed = await under(380, 250);
      const tap = async () => {
        await touch("touchStart", [380, 250]);
        await touch("touchEnd");
      };
      await tap();
      expect(await camera()).toEqual({ x: 600, y: 500, zoom: 1 });
      await tap();
      const after = await under(380, 250);
      expect((await camera()).zoom).toBe(2);
      expect([after.x, after.y]).toEqual([fixed.x, fixed.y]);
    });
  });

  describe("by the overview", () => {
    const map = () => viewer.page.getByRole("application", { name: /^Overview/ });
    /** Mean red, green and blue of what the overview shows. */
    const light = () =>
      map().evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        return [0, 1, 2].map((part) => data.filter((_, index) => index % 4 === part).reduce((sum, value) => sum + value, 0) / (data.length / 4));
      });

    it("is there when something of the image is off the screen", async () => {
      await viewer.open("speckles.zarr");
      await viewer.idle();
      expect(await map().count()).toBe(0);
      await viewer.look({ zoom: 2 });
      await viewer.idle();
      await viewer.keep("overview");
      const frame = (await viewer.page.locator(".minimap i").boundingBox())!;
      const [whole, { width, height }] = [(await map().boundingBox())!, await box()];
      expect(Math.abs(frame.width - (whole.width * width) / 2 / 1200)).toBeLessThan(1);
      expect(Math.abs(frame.height - (whole.height * height) / 2 / 1000)).toBeLessThan(1);
      await viewer.page.getByRole("button", { name: "Hide the overview" }).click();
      expect(await map().count()).toBe(0);
      await viewer.page.getByRole("button", { name: "Show the overview" }).click();
      expect(await map().count()).toBe(1);
      await viewer.page.evaluate(() => window.ziggurat.fit());
      await viewer.idle();
      expect(await map().count()).toBe(0);
    });

    it("leads to where it is clicked, dragged and moved by keys", async () => {
      await viewer.look({ x: 600, y: 500, zoom: 4 });
      await viewer.idle();
      const { x, y, width, height } = (await map().boundingBox())!;
      await viewer.page.mouse.click(x + 0.25 * width, y + 0.75 * height);
      const clicked = await camera();
      expect(Math.abs(clicked.x - 300)).toBeLessThan(8);
      expect(Math.abs(clicked.y - 750)).toBeLessThan(8);
      expect(clicked.zoom).toBe(4);
      // Taken within its frame it does not jump.
      await viewer.page.mouse.move(x + 0.25 * width + 4, y + 0.75 * height);
      await viewer.page.mouse.down();
      await viewer.page.mouse.move(x + 0.5 * width + 4, y + 0.5 * height);
      await viewer.page.mouse.up();
      const dragged = await camera();
      expect(dragged.x - clicked.x).toBeCloseTo(300, 0);
      expect(dragged.y - clicked.y).toBeCloseTo(-250, 0);
      await map().focus();
      await viewer.page.keyboard.press("ArrowLeft");
      const [moved, view] = [await camera(), await box()];
      expect(dragged.x - moved.x).toBeCloseTo(view.width / 2 / 4, 0);
    });

    it("shows the colours, channels and planes that the picture shows, and fetches nothing for it", async () => {
      await viewer.open("stack.zarr");
      await viewer.idle();
      const fitted = (await viewer.state()).bytesReceived;
      await viewer.look({ x: 30, y: 30, zoom: 20 }); // in the dark beside the nucleus
      await viewer.idle();
      const [red, green, blue] = (await light()) as [number, number, number];
      expect(Math.min(red, green, blue)).toBeGreaterThan(2);
      expect((await viewer.state()).bytesReceived - fitted).toBeLessThan(20_000);
      await viewer.page.getByRole("checkbox", { name: "channel 1" }).uncheck();
      await viewer.idle();
      const [noRed, sameGreen] = (await light()) as [number, number];
      expect(noRed).toBe(0); // magenta is gone
      expect(sameGreen).toBeGreaterThan(2);
      await viewer.page.getByRole("slider", { name: "Position on axis z" }).fill("0");
      await viewer.idle();
      expect((await light())[1]).toBeLessThan(sameGreen / 2); // below the nucleus
    });
  });

  it("had nothing to complain of", () => expect(viewer.troubles).toEqual([]));
});

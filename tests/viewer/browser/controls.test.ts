/** Everything a person does: with the pointer, the keyboard, the panels and the address. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { missing, serve, sourcePixels, type RunningServer } from "../support/server.ts";
import { difference, ViewerPage } from "../support/stage.ts";

const SPECKLES = "fluo16_speckles_2ch_1200";
const STACK = "zstack16_dna_conf_wf_zcyx.tif";
const absent = missing(SPECKLES, STACK);

let server: RunningServer;
let browser: Browser;
let viewer: ViewerPage;

const canvas = () => viewer.page.locator(".view > canvas");
/** What is seen of the canvas. */
const view = () => viewer.page.locator(".view");
const status = () => viewer.page.locator("footer");

describe.skipIf(absent !== undefined)(`the controls${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    server = await serve({ [SPECKLES]: "speckles.zarr", [STACK]: "stack.zarr" });
    browser = await launch();
    viewer = await ViewerPage.make(await browser.page(1000, 640), server.address);
    viewer.gate.release();
  });

  beforeEach(async () => {
    await viewer.open("stack.zarr");
    await viewer.idle();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("moves the image with the pointer, and zooms about it", async () => {
    const box = (await view().boundingBox())!;
    const before = (await viewer.state()).camera;
    await viewer.page.mouse.move(box.x + 200, box.y + 200);
    await viewer.page.mouse.down();
    await viewer.page.mouse.move(box.x + 230, box.y + 180);
    await viewer.page.mouse.up();
    const moved = (await viewer.state()).camera;
    expect([moved.x, moved.y]).toEqual([before.x - 30 / before.zoom, before.y + 20 / before.zoom]);

    const under = async () => {
      const { camera } = await viewer.state();
      const box = (await view().boundingBox())!;
      const [height, width] = [Math.round(box.height), Math.round(box.width)];
      return { x: camera.x + (230 - width / 2) / camera.zoom, y: camera.y + (180 - height / 2) / camera.zoom };
    };
    const point = await under();
    await viewer.page.mouse.wheel(0, -300);
    await viewer.page.waitForFunction((zoom) => window.ziggurat.state.camera.zoom > zoom, moved.zoom);
    const after = await under();
    expect(after.x).toBeCloseTo(point.x, 6);
    expect(after.y).toBeCloseTo(point.y, 6);
    const { zoom } = (await viewer.state()).camera;
    await viewer.page.mouse.dblclick(box.x + 230, box.y + 180);
    expect((await viewer.state()).camera.zoom).toBeCloseTo(2 * zoom, 9);
  });

  it("moves and zooms by keys", async () => {
    const first = (await viewer.state()).camera;
    await canvas().focus();
    const press = async (key: string) => {
      await viewer.page.keyboard.press(key);
      return (await viewer.state()).camera;
    };
    expect((await press("ArrowRight")).x).toBeGreaterThan(first.x);
    expect((await press("ArrowUp")).y).toBeLessThan(first.y);
    expect((await press("+")).zoom).toBeCloseTo(1.5 * first.zoom, 9);
    expect((await press("-")).zoom).toBeCloseTo(first.zoom, 9);
    expect((await press("1")).zoom).toBe(1);
    expect(await press("0")).toEqual(first);
  });

  it("names every control, and reaches each by the tabulator key", async () => {
    await viewer.look({ zoom: 12 }); // with the overview
    await viewer.idle();
    expect(await viewer.page.locator("canvas").count()).toBe(2);
    const unnamed = await viewer.page.evaluate(() =>
      [...document.querySelectorAll<HTMLInputElement>("input, select, button, canvas")]
        .filter((one) => !one.labels?.length && !one.ariaLabel && !one.textContent?.trim())
        .map((one) => one.outerHTML),
    );
    expect(unnamed).toEqual([]);
    const count = await viewer.page.locator("input, select, button, canvas").count();
    const seen = new Set<string>();
    for (let tabs = 0; tabs <= count; tabs++) {
      await viewer.page.keyboard.press("Tab");
      seen.add(await viewer.page.evaluate(() => String([...document.querySelectorAll("input, select, button, canvas")].indexOf(document.activeElement!))));
    }
    for (let index = 0; index < count; index++) expect([...seen]).toContain(String(index));
  });

  it("cuts nothing off at the edge of a panel", async () => {
    for (const [width, height] of [[1400, 900], [1000, 300], [700, 900]] as const) {
      await viewer.page.setViewportSize({ width, height });
      const cut = await viewer.page.evaluate(() => {
        const panels = [...document.querySelectorAll("aside, nav, footer, input[type=number], .row")];
        return panels.filter((panel) => panel.scrollWidth > panel.clientWidth).map((panel) => panel.outerHTML);
      });
      expect(cut, `${width} × ${height}`).toEqual([]);
    }
    await viewer.page.setViewportSize({ width: 1000, height: 640 });
  });

  it.each(["dark", "light"] as const)("can be read in a %s room", async (colorScheme) => {
    await viewer.page.emulateMedia({ colorScheme });
    await viewer.keep(`controls-${colorScheme}`);
    // Contrast as WCAG 2.2, section 1.4.3, has it: 4.5 at least for text.
    const contrasts = await viewer.page.evaluate(() => {
      const light = (colour: string) => {
        const parts = colour.match(/[\d.]+/g)!.map((part) => Number(part) / 255);
        const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as [number, number, number];
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const panel = light(getComputedStyle(document.querySelector("aside")!).backgroundColor);
      return ["h2", "nav small", ".quality", ".trouble", ".pointer", ".axis output"].map((selector) => {
        const text = light(getComputedStyle(document.querySelector(selector)!).color);
        return [selector, (Math.max(text, panel) + 0.05) / (Math.min(text, panel) + 0.05)] as const;
      });
    });
    for (const [selector, contrast] of contrasts) expect(contrast, selector).toBeGreaterThan(4.5);
    await viewer.page.emulateMedia({ colorScheme: null });
  });

  it("tells how long things are", async () => {
    const bar = viewer.page.getByRole("img", { name: /^Scale bar: / });
    await viewer.look({ zoom: 2 });
    await expect.poll(() => bar.textContent()).toBe("20 µm");
    await viewer.look({ zoom: 20 });
    await expect.poll(() => bar.textContent()).toBe("2 µm");
    // It lies over the picture, not under it.
    const { x, y, width } = (await bar.boundingBox())!;
    const seen = await viewer.page.screenshot({ clip: { x, y, width, height: 2 } });
    const without = await viewer.page.screenshot({ clip: { x, y, width, height: 2 }, style: ".scale { visibility: hidden }" });
    expect(seen.equals(without)).toBe(false);
  });

  it("fetches nothing for a wider window or a hidden channel, and only what can be seen then for a narrower one", async () => {
    const start = (await viewer.state()).bytesReceived;
    const high = viewer.page.getByRole("spinbutton", { name: "channel 1, highest value shown" });
    await high.fill("9000");
    await high.blur();
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ bytesReceived: start });
    const bright = await viewer.picture();
    await viewer.page.getByRole("checkbox", { name: "channel 1" }).uncheck();
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ bytesReceived: start });
    expect(difference(await viewer.picture(), bright)).toBeGreaterThan(1);
    await viewer.page.getByRole("checkbox", { name: "channel 1" }).check();
    await high.fill("1500");
    await high.blur();
    await viewer.idle();
    const narrow = await viewer.state();
    expect(narrow.bytesReceived).toBeGreaterThan(start);
    expect(narrow.looks[1]!.window[1]).toBe(1500);
    await viewer.page.getByRole("button", { name: "Reset" }).nth(1).click();
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ bytesReceived: narrow.bytesReceived });
  });

  it("finds a window by itself", async () => {
    await viewer.page.getByRole("button", { name: "Auto" }).nth(1).click();
    await viewer.idle();
    const [low, high] = (await viewer.state()).looks[1]!.window;
    const plane = [...new Uint16Array(Uint8Array.from(sourcePixels(STACK, "array[22, 1]")).buffer)].sort((a, b) => a - b);
    expect(low).toBeGreaterThanOrEqual(plane[0]! - 40);
    expect(low).toBeLessThan(plane[plane.length >> 1]!);
    expect(high).toBeGreaterThan(plane[Math.floor(0.95 * plane.length)]!);
    expect(high).toBeLessThanOrEqual(plane.at(-1)! + 40);
  });

  it("shows a histogram, and bends light by gamma and lookup tables", async () => {
    const shape = viewer.page.locator(".histogram .shape").first();
    await expect.poll(() => shape.evaluate((one) => one.style.clipPath.split(",").length)).toBe(2 + 2 * 64);
    const middle = async () => {
      const { height, width, pixels } = await viewer.picture();
      const at = ((height >> 1) * width + (width >> 1)) * 4;
      return [...pixels.subarray(at, at + 3)] as [number, number, number];
    };
    await viewer.page.getByRole("checkbox", { name: "channel 0" }).uncheck();
    await viewer.look({ x: 52.5, y: 66.5, zoom: 30 }); // within the nucleus, one pixel large on the screen
    await viewer.idle();
    const plain = await middle();
    await viewer.page.getByRole("slider", { name: "Gamma of channel 1" }).fill("1");
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ looks: [{}, { gamma: 2 }] });
    const bent = await middle();
    expect(bent[0]).toBeGreaterThan(plain[0] + 5);
    expect(Math.abs(bent[0] - 255 * Math.sqrt(plain[0] / 255))).toBeLessThan(3);
    await viewer.page.getByRole("slider", { name: "Gamma of channel 1" }).dblclick();
    await viewer.page.getByRole("combobox", { name: "Lookup table of channel 1" }).selectOption("grey");
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ looks: [{}, { gamma: 1, table: "grey" }] });
    expect((await middle()).map((part) => Math.abs(part - plain[0]) <= 1)).toEqual([true, true, true]);
    await viewer.keep("controls-grey");
    await viewer.page.getByRole("combobox", { name: "Lookup table of channel 1" }).selectOption("viridis");
    await viewer.idle();
    await viewer.keep("controls-viridis");
    expect(Math.abs((await middle())[1] - plain[0])).toBeGreaterThan(5);
  });

  it("reads off values with their error, and without one once they are exact", async () => {
    const pointer = viewer.page.locator(".pointer");
    let moves = 0;
    const afterMove = async () => {
      await view().hover({ position: { x: 250 + (moves++ % 2), y: 250 } });
      return pointer.textContent();
    };
    // A value is read once the pointer rests.
    await expect.poll(afterMove, { interval: 500 }).toMatch(/x \d+ {2}y \d+ {3}channel 0 \d+ ± \d+ {3}channel 1 \d+ ± \d+/);
    await viewer.page.getByRole("checkbox", { name: "Exact" }).check();
    await viewer.idle();
    await view().hover({ position: { x: 260, y: 240 } });
    const exact = /^x (\d+) {2}y (\d+) {3}channel 0 (\d+) {3}channel 1 (\d+)$/;
    await expect.poll(() => pointer.textContent()).toMatch(exact);
    const [, x, y, ...values] = exact.exec((await pointer.textContent())!)!.map(Number);
    expect(values).toEqual([...new Uint16Array(Uint8Array.from(sourcePixels(STACK, `array[22, :, ${y}, ${x}]`)).buffer)]);
    await expect.poll(() => status().textContent()).toContain("exact");
  });

  it("keeps all that is seen in the address", async () => {
    await viewer.look({ x: 40, y: 50, zoom: 9 });
    await viewer.page.getByLabel("Colour of channel 0").fill("#ffcc00");
    await viewer.page.getByRole("slider", { name: "Position on axis z" }).fill("11");
    await viewer.idle();
    await expect.poll(() => viewer.page.url()).toContain("z=11");
    const { camera, at, looks } = await viewer.state();
    await viewer.page.reload();
    await viewer.page.waitForFunction(() => window.ziggurat?.opened !== undefined);
    expect(await viewer.state()).toMatchObject({ camera, at, looks });
    await viewer.page.evaluate(() => (location.hash = location.hash.replace("zoom=9", "zoom=5")));
    await expect.poll(async () => (await viewer.state()).camera.zoom).toBe(5);
  });

  it("opens another image from the list", async () => {
    await viewer.page.getByRole("navigation", { name: "Images" }).getByRole("button", { name: "speckles" }).click();
    await viewer.page.waitForFunction(() => window.ziggurat.opened === "speckles.zarr");
    await viewer.idle();
    expect(await viewer.page.locator("[aria-current]").getAttribute("title")).toBe("speckles.zarr");
    expect(await viewer.page.getByRole("slider", { name: "Position" }).count()).toBe(0);
    expect(await viewer.page.title()).toContain("speckles");
  });

  it("draws again what the graphics card forgot", async () => {
    const before = await viewer.picture();
    await viewer.page.evaluate(async () => {
      const canvas = document.querySelector("canvas")!;
      const card = canvas.getContext("webgl2")!.getExtension("WEBGL_lose_context")!;
      const happened = (event: string) => new Promise((resolve) => canvas.addEventListener(event, () => setTimeout(resolve), { once: true }));
      const lost = happened("webglcontextlost");
      card.loseContext();
      await lost;
      const restored = happened("webglcontextrestored");
      card.restoreContext();
      await restored;
    });
    await viewer.idle();
    expect(difference(await viewer.picture(), before)).toBe(0);
  });

  it("had nothing to complain of", () => expect(viewer.troubles).toEqual([]));
});

describe.skipIf(absent !== undefined)("what goes wrong", () => {
  let damaged: ViewerPage;

  beforeAll(async () => {
    server = await serve({ [SPECKLES]: "speckles.zarr" });
    browser = await launch();
    damaged = await ViewerPage.make(await browser.page(1000, 640), server.address);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("names a damaged chunk and goes on with the others", async () => {
    let messages = 0;
    damaged.gate.spoil = (message) => {
      const copy = Buffer.from(message);
      if (++messages === 20) copy[copy.length - 3]! ^= 0x20; // in the last packet of the message
      return copy;
    };
    damaged.gate.release();
    await damaged.open("speckles.zarr", "&exact=1&zoom=1");
    await damaged.idle();
    const { chunks, exactChunks, exact } = await damaged.state();
    expect({ left: chunks - exactChunks, exact }).toEqual({ left: 1, exact: false });
    expect(await damaged.page.getByRole("alert").textContent()).toContain("1 damaged chunk");
    const marks = damaged.page.getByRole("img", { name: /^Damaged chunk / });
    expect(await marks.count()).toBe(1);
    await damaged.keep("damaged");
    const box = (await marks.boundingBox())!;
    const screen = (await damaged.page.locator("canvas").first().boundingBox())!;
    const { camera } = await damaged.state();
    // About the middle of the screen, so that the mark shows all of the chunk, of 512 pixels or 176 at the edge.
    const at = { x: camera.x + box.x + box.width / 2 - screen.x - screen.width / 2, y: camera.y + box.y + box.height / 2 - screen.y - screen.height / 2 };
    await damaged.look({ ...at, zoom: 0.5 });
    await expect.poll(async () => Math.round((await marks.boundingBox())!.width)).toBeOneOf([88, 256]);
  });

  it("says so when the server does not know an image, or does not answer", async () => {
    const trouble = () => damaged.page.locator(".trouble").textContent();
    await damaged.look({ x: 100, y: 100, zoom: 0.5 });
    await damaged.page.goto(`${server.address}#image=nowhere.zarr`); // while the address of what was looked at is about to be written
    await expect.poll(trouble).toContain("nowhere.zarr: ");
    await damaged.page.reload();
    await expect.poll(trouble).toContain("nowhere.zarr: ");
    await damaged.page.evaluate(() => (location.hash = "#image=speckles.zarr"));
    await damaged.page.waitForFunction(() => window.ziggurat.opened === "speckles.zarr");
    expect(await trouble()).toBe("");
    await damaged.page.route("**/images", (route) => route.abort());
    await damaged.page.reload();
    await expect.poll(() => damaged.page.locator("nav").textContent()).toContain("The server does not answer.");
  });
});

/** Images that lie in a store, with no server of ours: the viewer itself comes from nginx, too. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { nginx, nginxMissing, type RunningNginx } from "../support/nginx.ts";
import { ingested, missing, serveRoot, sourcePixels } from "../support/server.ts";
import { difference, ViewerPage, type Picture } from "../support/stage.ts";
import { StaticServer } from "../support/static.ts";

const SPECKLES = "fluo16_speckles_2ch_1200";
const SLIDE = "HE_CMU-1-Small-Region.svs";
const STACK = "zstack16_dna_conf_wf_zcyx.tif";
const absent = missing(SPECKLES, SLIDE, STACK) ?? nginxMissing();
const DIST = fileURLToPath(new URL("../../../viewer/dist", import.meta.url));

/** What is looked at of each image. */
const PLACES = {
  "speckles.zarr": ["", "&exact=1", "x=300&y=700&zoom=2&exact=1"],
  "slide.zarr": ["", "x=1100&y=1500&zoom=1&exact=1"],
  "stack.zarr": ["z=3&exact=1"],
};

let root: string;
let remove: () => Promise<void>;
let browser: Browser;
let store: RunningNginx;
const pictures = new Map<string, Picture>();

describe.skipIf(absent !== undefined)(`a store without a server${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    ({ root, remove } = await ingested({ [SPECKLES]: "speckles.zarr", [SLIDE]: "slide.zarr", [STACK]: "stack.zarr" }));
    browser = await launch();
    // What our server shows, and then it is gone.
    const server = await serveRoot(root);
    const viewer = await ViewerPage.make(await browser.page(1200, 700), server.address);
    viewer.gate.release();
    for (const [name, places] of Object.entries(PLACES)) {
      for (const place of places) {
        await viewer.open(name, `&${place}`);
        await viewer.idle();
        pictures.set(name + place, await viewer.picture());
      }
    }
    await viewer.page.close();
    await server.stop();
    cpSync(DIST, join(root, "viewer"), { recursive: true });
    store = await nginx(root);
  });

  afterAll(async () => {
    await browser?.close();
    await store?.stop();
    await remove?.();
  });

  it.each(Object.entries(PLACES).flatMap(([name, places]) => places.map((place) => [name, place] as const)))("shows the same of %s at '%s' as our server does", async (name, place) => {
    const viewer = await ViewerPage.make(await browser.page(1200, 700), `${store.address}viewer/index.html`);
    await viewer.openStore(`${store.address}${name}`, place);
    await viewer.idle();
    await viewer.keep(`static-${name}-${place.includes("exact") ? "exact" : "enough"}`);
    const exact = place.includes("exact");
    expect(await viewer.state()).toMatchObject({ settled: true, connected: true, error: undefined, ...(exact ? { exact } : {}) });
    // Short of exact, stages end at other packets than a stream does: not a step of the screen is between them.
    expect(difference(await viewer.picture(), pictures.get(name + place)!)).toBeLessThanOrEqual(exact ? 0 : 0.5);
    expect(viewer.troubles.filter((text) => !text.includes("404"))).toEqual([]); // there is no list of images here
    await viewer.page.close();
  });

  it("holds the source's own values", async () => {
    const viewer = await ViewerPage.make(await browser.page(1200, 700), `${store.address}viewer/index.html`);
    await viewer.openStore(`${store.address}speckles.zarr`, "x=600&y=500&zoom=1&exact=1");
    await viewer.idle();
    const source = new Uint16Array(Uint8Array.from(sourcePixels(SPECKLES, "array[1, 400:500, 500:700]")).buffer);
    expect(await viewer.exactValues(1, 400, 500, 500, 700)).toEqual([...source]);
    expect(viewer.page.url()).toContain("store=");
    await viewer.page.close();
  });

  it("reads nothing twice, and begins with the front of each shard", async () => {
    const server = await StaticServer.over(root);
    const viewer = await ViewerPage.make(await browser.page(1200, 700), `${store.address}viewer/index.html`);
    await viewer.openStore(`${server.address}speckles.zarr`, "exact=1");
    await viewer.idle();
    const { bytesReceived } = await viewer.state();
    const shards = server.asked.filter(({ path }) => path.includes("/c/"));
    expect(shards.slice(0, 2).map(({ range }) => range)).toEqual(["bytes=0-24575", "bytes=0-24575"]);
    const read = new Map<string, [number, number][]>();
    for (const { path, range } of shards) {
      const [start, end] = /(\d+)-(\d+)/.exec(range!)!.slice(1).map(Number) as [number, number];
      for (const [from, to] of read.get(path) ?? []) expect(end < from || start > to, `${path} ${range}`).toBe(true);
      read.set(path, [...(read.get(path) ?? []), [start, end]]);
    }
    await viewer.look({ zoom: 1 });
    await viewer.idle();
    await viewer.look({ zoom: 0.5 });
    await viewer.idle();
    const after = await viewer.state();
    await viewer.page.evaluate(() => window.ziggurat.fit());
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ bytesReceived: after.bytesReceived });
    expect(after.bytesReceived).toBeGreaterThanOrEqual(bytesReceived);
    await viewer.page.close();
    await server.stop();
  });

  it("is opened by typing its address", async () => {
    const viewer = await ViewerPage.make(await browser.page(1200, 700), `${store.address}viewer/index.html`);
    await viewer.page.goto(`${store.address}viewer/index.html`);
    await viewer.page.getByLabel("Address of a store").fill(`${store.address}stack.zarr/`);
    await viewer.page.keyboard.press("Enter");
    await viewer.page.waitForFunction(() => window.ziggurat.opened !== undefined);
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ at: { z: 22 }, settled: true });
    await viewer.page.close();
  });
});

describe.skipIf(absent !== undefined)("a store that cannot be read", () => {
  let server: StaticServer;
  let viewer: ViewerPage;

  beforeAll(async () => {
    ({ root, remove } = await ingested({ [STACK]: "stack.zarr" }));
    cpSync(DIST, join(root, "viewer"), { recursive: true });
    browser = await launch();
    store = await nginx(root);
    server = await StaticServer.over(root);
    viewer = await ViewerPage.make(await browser.page(1200, 700), `${store.address}viewer/index.html`);
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([store?.stop(), server?.stop()]);
    await remove?.();
  });

  const complaint = async (address: string): Promise<() => Promise<string | null>> => {
    await viewer.page.goto("about:blank");
    await viewer.page.goto(`${store.address}viewer/index.html?store=${encodeURIComponent(address)}`);
    return () => viewer.page.locator(".trouble").textContent();
  };

  it("is said to be unreachable", async () => {
    const gone = await StaticServer.over(root);
    const { address } = gone;
    await gone.stop();
    await expect.poll(await complaint(`${address}stack.zarr`)).toContain("does not answer");
  });

  it("is said to lack CORS", async () => {
    server.cors = false;
    await expect.poll(await complaint(`${server.address}stack.zarr`)).toContain("Access-Control-Allow-Origin");
    server.cors = true;
  });

  it("is said to know no ranges", async () => {
    server.ranges = false;
    await expect.poll(await complaint(`${server.address}stack.zarr`)).toContain("does not know HTTP ranges");
    server.ranges = true;
  });

  it("is said to be no image of ours", async () => {
    await expect.poll(await complaint(`${server.address}viewer`)).toContain("There is no zarr.json at");
    await expect.poll(await complaint(`${server.address}stack.zarr/0`)).toContain("This is no OME-Zarr 0.5 image");
  });

  it("comes back when it was busy", async () => {
    server.failing.set("/0/c/0/0/0/0", 503);
    const said = await complaint(`${server.address}stack.zarr`);
    await expect.poll(said).toContain("Connection lost");
    server.failing.clear();
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ settled: true, connected: true });
    expect(await said()).toBe("");
  });
});

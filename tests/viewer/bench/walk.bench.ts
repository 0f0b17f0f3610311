/**
 * What a fixed walk costs: open, zoom to three places, change contrast twice, step z five times where there is z; beside every visible
 * chunk of a zstd OME-Zarr pyramid fetched whole, as other viewers do. `npm --prefix viewer run bench -- walk`; ZIGGURAT_MOSAIC names a
 * large image.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { Ledger } from "../support/ledger.ts";
import { fetchedWhole, type Look } from "../support/pyramid.ts";
import { ingested, missing, serveRoot, type RunningServer } from "../support/server.ts";
import { ViewerPage } from "../support/stage.ts";

/** 8 bits of which all are seen, and 16 bits. */
const STACKS = { "zstack8_drosophila_nuclear_envelope.tif": "stack8.zarr", "zstack16_dna_conf_wf_zcyx.tif": "stack16.zarr" };
const mosaic = process.env["ZIGGURAT_MOSAIC"] ?? "";
const absent = missing(...Object.keys(STACKS));

/** Shares of the image's height and width, and CSS pixels a pixel of level 0. */
const PLACES = [[0.3, 0.3, 1], [0.7, 0.4, 0.5], [0.5, 0.8, 1]] as const;
/** Of the windows' widths. */
const CONTRASTS = [0.7, 0.5];
const STEPS = 5;

let root: Awaited<ReturnType<typeof ingested>>;
let servers: { readonly small: RunningServer; readonly large: RunningServer | undefined };
let browser: Browser;

describe.skipIf(absent !== undefined)(`a walk${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    root = await ingested(STACKS);
    servers = { small: await serveRoot(root.root), large: existsSync(mosaic) ? await serveRoot(dirname(mosaic)) : undefined };
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([servers?.small.stop(), servers?.large?.stop()]);
    await root?.remove();
  });

  const images = [
    ...Object.values(STACKS).map((name) => [name, () => servers.small, name, () => join(root.root, name)] as const),
    ...(existsSync(mosaic) ? [["the mosaic", () => servers.large!, basename(mosaic), () => mosaic] as const] : []),
  ] as const;

  it.each(images)("through %s", async (what, running, name, path) => {
    const { address } = running();
    const page = await browser.page(1920, 1080);
    const { arrays } = (await (await fetch(`${address}image/${name}`)).json()) as { arrays: { level: number }[] };
    const ledger = new Ledger(page, arrays.map(({ level }) => level));
    const viewer = ViewerPage.free(page, address);
    const looks: Look[] = [];
    const rest = async (): Promise<void> => {
      await viewer.idle();
      const { camera, at, level, looks: channels } = await viewer.state();
      const { width, height } = (await viewer.page.locator(".view").boundingBox())!;
      const [high, wide] = size;
      const span = (centre: number, extent: number, end: number) => [Math.max(0, centre - extent / 2 / camera.zoom), Math.min(end, centre + extent / 2 / camera.zoom)] as const;
      const region = { y: span(camera.y, height, high), x: span(camera.x, width, wide) };
      looks.push({ stage: ledger.stage, level, region, at, channels: channels.flatMap(({ visible }, index) => (visible ? [index] : [])) });
    };
    ledger.stage = "open";
    await viewer.open(name);
    await viewer.idle();
    const { camera } = await viewer.state();
    const size = [2 * camera.y, 2 * camera.x] as const;
    await rest();
    for (const [y, x, zoom] of PLACES) {
      ledger.stage = `to ${y}, ${x}, zoom ${zoom}`;
      await viewer.look({ y: y * size[0], x: x * size[1], zoom });
      await rest();
    }
    for (const share of CONTRASTS) {
      ledger.stage = `windows times ${share}`;
      await viewer.page.evaluate((by) => {
        const { looks } = window.ziggurat.state;
        window.ziggurat.set({ looks: looks.map((look) => ({ ...look, window: [look.window[0], look.window[0] + by * (look.window[1] - look.window[0])] })) });
      }, share);
      await rest();
    }
    for (let steps = 0; "z" in (await viewer.state()).at && steps < STEPS; steps++) {
      ledger.stage = `z ${steps + 1}`;
      await viewer.page.locator(".view > canvas").focus();
      await viewer.page.keyboard.press("PageUp");
      await rest();
    }
    report(what, ledger, fetchedWhole(path(), looks));
    await viewer.page.close();
  });
});

function report(what: string, ledger: Ledger, others: ReadonlyMap<string, number>): void {
  const line = (name: string, ours: number, other: number): void =>
    console.log(`${name.padEnd(24)}ours ${(ours / 1000).toFixed(0).padStart(7)} kB   zstd chunks ${(other / 1000).toFixed(0).padStart(7)} kB   ${(other / ours).toFixed(2).padStart(6)} times`);
  console.log(`\n${what}, kB by level and step:\n${ledger.table()}\n`);
  for (const stage of ledger.stages) line(stage, ledger.nbytes(stage), others.get(stage) ?? 0);
  line(`${what}, all`, ledger.nbytes(), [...others.values()].reduce((sum, nbytes) => sum + nbytes, 0));
}

/**
 * What a fixed walk costs: open, zoom to three places, change contrast twice, step z five times where there is z; beside every visible
 * chunk of a zstd OME-Zarr pyramid fetched whole, as other viewers do. And how soon a newly opened place shows something, over a line
 * of 10 Mbit/s and 50 ms. `npm --prefix viewer run bench -- walk`; ZIGGURAT_MOSAIC names a large image.
 */
import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { slowLink, type Link } from "../support/link.ts";
import { missing, serve, serveRoot, type RunningServer } from "../support/server.ts";
import { ViewerPage } from "../support/stage.ts";

const STACK = "zstack8_drosophila_nuclear_envelope.tif";
const mosaic = process.env["ZIGGURAT_MOSAIC"] ?? "";
const absent = missing(STACK);
const [BITS_PER_SECOND, ROUND_TRIP_MS] = [10e6, 50];

interface Place {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

let server: RunningServer;
let large: RunningServer | undefined;
let browser: Browser;

/** The chunks of the server's virtual OME-Zarr, zstd, that a viewer fetches: each once, all of each channel that is seen. */
class OtherViewer {
  private readonly seen = new Map<string, number>();
  private constructor(
    private readonly base: string,
    private readonly shapes: readonly (readonly number[])[],
    private readonly chunks: readonly (readonly number[])[],
    private readonly axes: readonly string[],
  ) {}

  static async open(address: string, name: string): Promise<OtherViewer> {
    const base = `${address}zarr/0.5/${name}`;
    const group = (await (await fetch(`${base}/zarr.json`)).json()) as {
      attributes: { ome: { multiscales: { axes: { name: string }[]; datasets: { path: string }[] }[] } };
      consolidated_metadata: { metadata: { [path: string]: { shape: number[]; chunk_grid: { configuration: { chunk_shape: number[] } } } } };
    };
    const { axes, datasets } = group.attributes.ome.multiscales[0]!;
    const arrays = datasets.map(({ path }) => group.consolidated_metadata.metadata[path]!);
    return new OtherViewer(base, arrays.map(({ shape }) => shape), arrays.map((one) => one.chunk_grid.configuration.chunk_shape), axes.map((axis) => axis.name));
  }

  get nbytes(): number {
    return [...this.seen.values()].reduce((sum, nbytes) => sum + nbytes, 0);
  }

  async look({ level, region, at, channels }: { level: number; region: { y: readonly number[]; x: readonly number[] }; at: { [axis: string]: number }; channels: readonly number[] }): Promise<void> {
    const shape = this.shapes[level]!;
    const chunk = this.chunks[level]!;
    const covered = (name: "y" | "x"): number[] => {
      const axis = this.axes.indexOf(name);
      const [from, to] = region[name].map((edge) => edge / 2 ** level) as [number, number];
      const [first, last] = [Math.floor(Math.max(0, from) / chunk[axis]!), Math.ceil(Math.min(shape[axis]!, to) / chunk[axis]!)];
      return Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
    };
    for (const c of this.axes.includes("c") ? channels : [0]) {
      for (const y of covered("y")) {
        for (const x of covered("x")) {
          const place = this.axes.map((axis, index) => (axis === "y" ? y : axis === "x" ? x : Math.floor((axis === "c" ? c : (at[axis] ?? 0)) / chunk[index]!)));
          const key = `${level}/c/${place.join("/")}`;
          if (this.seen.has(key)) continue;
          const answer = await fetch(`${this.base}/${key}`, { method: "HEAD" });
          this.seen.set(key, answer.ok ? Number(answer.headers.get("Content-Length")) : 0);
        }
      }
    }
  }
}

describe.skipIf(absent !== undefined)(`a walk${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    server = await serve({ [STACK]: "stack.zarr" });
    large = existsSync(mosaic) ? await serveRoot(dirname(mosaic)) : undefined;
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([server?.stop(), large?.stop()]);
  });

  const images = [["the stack", () => server, "stack.zarr"], ...(existsSync(mosaic) ? [["the mosaic", () => large!, basename(mosaic)] as const] : [])] as const;

  it.each(images)("through %s", async (what, running, name) => {
    const { address } = running();
    const viewer = await ViewerPage.make(await browser.page(1920, 1080), address);
    viewer.gate.release();
    const other = await OtherViewer.open(address, name);
    const rest = async (): Promise<void> => {
      await viewer.idle();
      const { camera, at, level, looks } = await viewer.state();
      const { width, height } = (await viewer.page.locator(".view").boundingBox())!;
      const span = (centre: number, size: number) => [centre - size / 2 / camera.zoom, centre + size / 2 / camera.zoom] as const;
      await other.look({ level, region: { y: span(camera.y, height), x: span(camera.x, width) }, at, channels: looks.flatMap((look, index) => (look.visible ? [index] : [])) });
    };
    await viewer.open(name);
    await rest();
    const { camera } = await viewer.state();
    const [high, wide] = [2 * camera.y, 2 * camera.x];
    const places: Place[] = [[0.3, 0.3, 1], [0.7, 0.4, 0.5], [0.5, 0.8, 1]].map(([y, x, zoom]) => ({ y: y! * high, x: x! * wide, zoom: zoom! }));
    for (const place of places) {
      await viewer.look(place);
      await rest();
    }
    for (const share of [0.7, 0.5]) {
      await viewer.page.evaluate((by) => {
        const { looks } = window.ziggurat.state;
        window.ziggurat.set({ looks: looks.map((look) => ({ ...look, window: [look.window[0], look.window[0] + by * (look.window[1] - look.window[0])] })) });
      }, share);
      await rest();
    }
    if ("z" in (await viewer.state()).at) {
      for (let steps = 0; steps < 5; steps++) {
        await viewer.page.locator("canvas").focus();
        await viewer.page.keyboard.press("PageUp");
        await rest();
      }
    }
    const { bytesReceived } = await viewer.state();
    console.log(`${what}: ours ${bytesReceived} bytes, zstd chunks ${other.nbytes} bytes, ${(other.nbytes / bytesReceived).toFixed(2)} times as many`);
    await viewer.page.close();
  });

  it.each(images)("over a slow line to a new place in %s", async (what, running, name) => {
    const line: Link = await slowLink(running().address, BITS_PER_SECOND, ROUND_TRIP_MS);
    const viewer = await ViewerPage.make(await browser.page(1920, 1080), line.address);
    viewer.gate.release();
    await viewer.open(name);
    await viewer.idle();
    const [high, wide] = await viewer.page.evaluate(() => [2 * window.ziggurat.state.camera.y, 2 * window.ziggurat.state.camera.x] as const);
    const waits: number[] = [];
    for (const [y, x, zoom] of [[0.2, 0.8, 1], [0.9, 0.1, 1], [0.6, 0.3, 0.5], [0.1, 0.1, 2]] as const) {
      const waited = await viewer.page.evaluate(
        async (camera) => {
          const before = window.ziggurat.state.bytesReceived;
          const start = performance.now();
          window.ziggurat.look(camera);
          while (window.ziggurat.state.bytesReceived === before && performance.now() - start < 5000) await new Promise((resolve) => setTimeout(resolve, 1));
          await window.ziggurat.caughtUp();
          return performance.now() - start;
        },
        { y: y * high, x: x * wide, zoom },
      );
      waits.push(waited);
      await viewer.idle();
    }
    console.log(`${what}: something new is on the screen after ${waits.map((wait) => wait.toFixed(0)).join(", ")} ms (two round trips + 150 ms: ${2 * ROUND_TRIP_MS + 150})`);
    await viewer.page.close();
    await line.stop();
  });
});

/** A page with the viewer on it, and what the tests ask of it. */
import { mkdirSync } from "node:fs";
import type { Page } from "playwright-core";
import type { Automation } from "../../../viewer/src/automation.ts";
import { Gate } from "./gate.ts";

/** Where pictures are kept for a person to look at; nowhere when it is not set. */
const SHOTS = process.env["ZIGGURAT_SCREENSHOTS"];
if (SHOTS !== undefined) mkdirSync(SHOTS, { recursive: true });

/** Nothing came for so long: perhaps nothing more is to come. */
const LOOK_AGAIN_MS = 200;

export interface Picture {
  readonly height: number;
  readonly width: number;
  /** red, green, blue, alpha */
  readonly pixels: Uint8Array;
}

export class ViewerPage {
  /** What went wrong in the page, as its console tells. */
  readonly troubles: string[] = [];
  /** The WebAssembly that was asked for since an image was opened last, by the page and its workers; without what tells the content. */
  readonly cores = new Set<string>();

  private constructor(
    readonly page: Page,
    readonly gate: Gate,
    private readonly address: string,
  ) {
    page.on("pageerror", (error) => this.troubles.push(error.message));
    page.on("request", (request) => {
      const name = /([\w-]+)-.{8}\.wasm$/.exec(request.url())?.[1];
      if (name !== undefined) this.cores.add(name);
    });
    page.on("console", (message) => message.type() === "error" && this.troubles.push(message.text()));
  }

  /** @param address of the viewer */
  static async make(page: Page, address: string): Promise<ViewerPage> {
    return new ViewerPage(page, await Gate.before(page), address);
  }

  /** With nothing between the page and the server: where time counts. */
  static free(page: Page, address: string): ViewerPage {
    return new ViewerPage(page, new Gate(), address);
  }

  /** @param hash further parts of the address, such as "&zoom=1" */
  async open(name: string, hash = ""): Promise<void> {
    await this.page.goto("about:blank"); // another hash alone would not load anew
    this.cores.clear();
    await this.page.goto(`${this.address}#image=${name}${hash}`);
    await this.page.waitForFunction((wanted) => window.ziggurat?.opened === wanted, name);
  }

  /** Opens an image that lies in a store. */
  async openStore(store: string, hash = ""): Promise<void> {
    await this.page.goto("about:blank");
    await this.page.goto(`${this.address}?store=${encodeURIComponent(store)}#${hash}`);
    await this.page.waitForFunction((wanted) => window.ziggurat?.opened === wanted, store);
  }

  state(): Promise<Automation["state"]> {
    return this.page.evaluate(() => window.ziggurat.state);
  }

  idle(): Promise<void> {
    return this.page.evaluate(() => window.ziggurat.idle());
  }

  /**
   * Lets messages through up to and with the next packets, and waits until they are drawn.
   * @returns their size; 0 when all that the view asks for is there and none will come
   */
  async step(): Promise<number> {
    for (;;) {
      // First it draws what it was told last: then it has asked the server for that, and knows whether it has it.
      await this.page.evaluate(() => window.ziggurat.caughtUp());
      if ((await this.state()).settled) return 0;
      const nbytes = await this.gate.pass(LOOK_AGAIN_MS);
      if (!nbytes) continue;
      await this.page.evaluate(() => window.ziggurat.caughtUp());
      return nbytes;
    }
  }

  async look(camera: { x?: number; y?: number; zoom?: number }): Promise<void> {
    await this.page.evaluate((to) => window.ziggurat.look(to), camera);
  }

  /** Values of level 0 that the viewer holds. They must be exact. */
  async exactValues(channel: number, y0: number, y1: number, x0: number, x1: number): Promise<number[]> {
    const read = await this.page.evaluate(
      (args) => {
        const { values, maxError } = window.ziggurat.values(...args);
        return { text: values.join(","), maxError }; // a million numbers one by one take a minute to come over
      },
      [channel, y0, y1, x0, x1] as const,
    );
    if (read.maxError !== 0) throw new Error(`the values may be off by ${read.maxError}`);
    return read.text.split(",").map(Number);
  }

  async keep(name: string): Promise<void> {
    if (SHOTS !== undefined) await this.page.screenshot({ path: `${SHOTS}/${name}.png` });
  }

  /** What is on the canvas, without what lies over it. */
  async picture(): Promise<Picture> {
    const clip = await this.page.locator(".view").evaluate((view) => {
      const { x, y, width, height } = view.getBoundingClientRect();
      return { x, y, width, height };
    });
    const png = (await this.page.screenshot({ clip, style: ".scale, .damage, .minimap { visibility: hidden }" })).toString("base64");
    const { height, width, pixels } = await this.page.evaluate(async (data) => {
      const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
      context.drawImage(bitmap, 0, 0);
      const read = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
      let text = "";
      for (let start = 0; start < read.length; start += 32768) text += String.fromCharCode(...read.subarray(start, start + 32768));
      return { height: bitmap.height, width: bitmap.width, pixels: btoa(text) };
    }, png);
    return { height, width, pixels: Buffer.from(pixels, "base64") };
  }
}

/** Mean absolute difference of two pictures, in steps of 8 bits. */
export function difference(a: Picture, b: Picture): number {
  let sum = 0;
  for (let index = 0; index < a.pixels.length; index++) sum += Math.abs(a.pixels[index]! - b.pixels[index]!);
  return sum / a.pixels.length;
}

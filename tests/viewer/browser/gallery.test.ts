/** The pages that the README shows, of images that `scripts/readme_picture.py prepare` made where ZIGGURAT_GALLERY names them: `make screenshots`. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { serveRoot, type RunningServer } from "../support/server.ts";
import { ViewerPage } from "../support/stage.ts";

const gallery = process.env["ZIGGURAT_GALLERY"] ?? "";

/** What to look at of which image. */
const PAGES = {
  slide: "slide.zarr&x=1180&y=1500&zoom=1",
  labels: "nuclei.zarr&x=620&y=480&zoom=1.1&labels=0.55,nuclei.zarr/labels/nuclei",
  channels: "sections.zarr",
  stack: "stack.zarr&x=60&y=66&zoom=12",
};

let server: RunningServer;
let browser: Browser;
let viewer: ViewerPage;

describe.skipIf(!existsSync(gallery))("the gallery (skipped where ZIGGURAT_GALLERY names none)", () => {
  beforeAll(async () => {
    server = await serveRoot(gallery);
    browser = await launch();
    viewer = ViewerPage.free(await browser.page(1280, 800), server.address);
    await viewer.page.emulateMedia({ colorScheme: "dark" });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it.each(Object.entries(PAGES))("%s", async (name, place) => {
    const [image, ...rest] = place.split("&");
    await viewer.open(image!, rest.map((part) => `&${part}`).join(""));
    await viewer.idle();
    const counted = () => viewer.page.locator(".histogram .shape").evaluateAll((shapes) => shapes.every((shape) => (shape as HTMLElement).style.clipPath !== ""));
    await expect.poll(counted).toBe(true);
    await viewer.keep(`gallery-${name}`);
    expect(await viewer.state()).toMatchObject({ settled: true, level: 0 });
    expect(viewer.troubles).toEqual([]);
  });
});

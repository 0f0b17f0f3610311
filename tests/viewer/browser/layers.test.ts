/** Label images over the image they belong to: on the screen, under the pointer, in the address; from our server and from a store. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {} from "../../../viewer/src/automation.ts";
import { launch, type Browser } from "../support/browser.ts";
import { ingested, missing, python, serveRoot, sharedPath, type RunningServer } from "../support/server.ts";
import { ViewerPage, type Picture } from "../support/stage.ts";
import { StaticServer } from "../support/static.ts";

const SPECKLES = "fluo16_speckles_2ch_1200";
const STACK = "zstack16_dna_conf_wf_zcyx.tif";
const absent = missing(SPECKLES, STACK);
const [HEIGHT, WIDTH] = [1000, 1200];
/** docs/protocol.md, "Colours of labels". */
const COLOURS = [undefined, [0x82, 0xa7, 0xff], [0xad, 0xe6, 0x5a], [0xff, 0x82, 0xf0], [0x1e, 0xc8, 0xab]] as const;

/** Of one image what is bright, as labels 1 to 4 from left to right: their pixels go to standard output. Of the other each plane's number, from 1. */
const LABEL = `
import json, sys
from pathlib import Path
import numpy, tifffile
from ziggurat.ingest import ingest
source, root = map(Path, sys.argv[1:])
def label(image, name, mask):
    labels = root / image / "labels"
    labels.mkdir()
    numpy.save(root / "mask.npy", mask)
    ingest(root / "mask.npy", labels / name, axes="zyx"[-mask.ndim :], labels=True)
    listing = {"version": "0.5", "labels": [name]}
    (labels / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {"ome": listing}}))
nuclei = tifffile.imread(sorted(source.iterdir())[1])
mask = numpy.where(nuclei > 600, 1 + numpy.arange(nuclei.shape[1]) // 300, 0).astype("uint16")
label("speckles.zarr", "nuclei", mask)
label("stack.zarr", "planes", numpy.ones((45, 130, 133), "uint8") * numpy.arange(1, 46, dtype="uint8")[:, None, None])
sys.stdout.buffer.write(mask.astype("uint8").tobytes())
`;

let root: string;
let remove: () => Promise<void>;
let labels: Buffer;
let server: RunningServer;
let store: StaticServer;
let browser: Browser;
let viewer: ViewerPage;

const checkbox = () => viewer.page.getByRole("checkbox", { name: "nuclei" });
const layer = () => viewer.page.locator(".layer");

/** Of some pixels of the screen, the label there and the mean difference to what `colour` says, in steps of 8 bits. */
async function off(picture: Picture, colour: (label: number, place: number) => readonly number[]): Promise<{ readonly seen: number[]; readonly off: number }> {
  const { camera } = await viewer.state();
  const { height, width, pixels } = picture;
  let [sum, count] = [0, 0];
  const seen = new Set<number>();
  for (let row = 3; row < height; row += 7) {
    for (let column = 3; column < width; column += 7) {
      const x = Math.floor(camera.x + (column + 0.5 - width / 2) / camera.zoom);
      const y = Math.floor(camera.y + (row + 0.5 - height / 2) / camera.zoom);
      if (y < 0 || x < 0 || y >= HEIGHT || x >= WIDTH) continue;
      const label = labels[y * WIDTH + x]!;
      const place = 4 * (row * width + column);
      const expected = colour(label, place);
      expected.forEach((part, index) => (sum += Math.abs(part - pixels[place + index]!)));
      count += expected.length;
      seen.add(label);
    }
  }
  return { seen: [...seen].sort(), off: sum / count };
}

describe.skipIf(absent !== undefined)(`label images over their image${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    ({ root, remove } = await ingested({ [SPECKLES]: "speckles.zarr", [STACK]: "stack.zarr" }));
    labels = python(LABEL, sharedPath(SPECKLES), root);
    [server, store, browser] = await Promise.all([serveRoot(root), StaticServer.over(root), launch()]);
    viewer = ViewerPage.free(await browser.page(960, 440), server.address);
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([server?.stop(), store?.stop()]);
    await remove?.();
  });

  const dense = () => viewer.page.getByRole("slider", { name: "Opacity of nuclei" });

  it("lie there in their colours, as densely as one likes", async () => {
    await viewer.open("speckles.zarr", "&x=500&y=450&zoom=1"); // pixels are shown as what they are
    await viewer.idle();
    expect(await layer().count()).toBe(0);
    const { bytesReceived } = await viewer.state();
    const plain = await viewer.picture();
    await checkbox().check();
    await dense().fill("0.4");
    await viewer.idle();
    await viewer.keep("layers");
    const mixed = await off(await viewer.picture(), (label, at) => {
      const below = [...plain.pixels.subarray(at, at + 3)];
      return below.map((part, index) => (COLOURS[label] === undefined ? part : 0.4 * COLOURS[label][index]! + 0.6 * part));
    });
    expect(mixed.off).toBeLessThan(1);
    expect(mixed.seen.length).toBeGreaterThan(2);
    expect((await viewer.state()).bytesReceived).toBe(bytesReceived); // nothing more of the image itself
    await viewer.look({ x: 620, y: 500, zoom: 2 });
    await dense().fill("1");
    await viewer.idle();
    const moved = await off(await viewer.picture(), (label) => COLOURS[label] ?? []);
    expect(moved.off).toBeLessThan(0.2);
    expect(moved.seen.length).toBeGreaterThan(1);
    await checkbox().uncheck();
    await viewer.idle();
    expect(await layer().count()).toBe(0);
  });

  it("are found in a store, too", async () => {
    await viewer.openStore(`${store.address}speckles.zarr`, "x=450&y=450&zoom=2");
    await checkbox().check();
    await dense().fill("1");
    await viewer.idle();
    const seen = await off(await viewer.picture(), (label) => COLOURS[label] ?? []);
    expect(seen.off).toBeLessThan(0.2);
    expect(seen.seen.length).toBeGreaterThan(1);
  });

  it("go along from plane to plane", async () => {
    await viewer.open("stack.zarr", "&z=1&labels=1,stack.zarr/labels/planes");
    const middle = async () => {
      await viewer.idle();
      const { height, width, pixels } = await viewer.picture();
      const at = 4 * ((height >> 1) * width + (width >> 1));
      return [...pixels.subarray(at, at + 3)];
    };
    expect(await middle()).toEqual(COLOURS[2]);
    await viewer.page.getByRole("slider", { name: "Position on axis z" }).fill("3");
    expect(await middle()).toEqual(COLOURS[4]);
  });

  it("are told under the pointer, and kept in the address", async () => {
    await viewer.open("speckles.zarr", "&x=500&y=450&zoom=2&labels=0.7,speckles.zarr/labels/nuclei");
    await viewer.idle();
    expect(await checkbox().isChecked()).toBe(true);
    expect(await layer().evaluate((canvas) => canvas.style.opacity)).toBe("0.7");
    const box = (await viewer.page.locator(".view").boundingBox())!;
    const pointer = viewer.page.locator(".pointer");
    const bright = labels.findIndex((label, place) => label === 2 && Math.abs(Math.floor(place / WIDTH) - 450) < 60 && Math.abs((place % WIDTH) - 500) < 80);
    for (const place of [bright, 400 * WIDTH + 440]) {
      const [y, x] = [Math.floor(place / WIDTH), place % WIDTH];
      await viewer.page.mouse.move(box.x + (x + 0.5 - 500) * 2 + Math.round(box.width) / 2, box.y + (y + 0.5 - 450) * 2 + Math.round(box.height) / 2);
      await expect.poll(() => pointer.textContent()).toMatch(new RegExp(`x ${x} {2}y ${y} .* nuclei ${labels[place]}$`));
    }
    await expect.poll(() => viewer.page.url()).toContain("labels=0.7,speckles.zarr/labels/nuclei");
    await checkbox().uncheck();
    await expect.poll(() => viewer.page.url()).not.toContain("labels=");
  });

  it("can be missing: that is said, and the image is there", async () => {
    await viewer.page.route("**/image/speckles.zarr/labels/nuclei", (route) => route.fulfill({ status: 503, body: "{}" }));
    await checkbox().check();
    await expect.poll(() => viewer.page.getByRole("alert").textContent()).toBe("nuclei: The server answered 503.");
    await viewer.idle();
    expect(await viewer.state()).toMatchObject({ settled: true, error: undefined });
    await checkbox().uncheck();
    await expect.poll(() => viewer.page.getByRole("alert").textContent()).toBe("");
  });

  // 404: whether labels have labels.
  it("had nothing else to complain of", () => expect(viewer.troubles.filter((text) => !/404|503/.test(text))).toEqual([]));
});

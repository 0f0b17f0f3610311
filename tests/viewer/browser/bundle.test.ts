/** What a browser loads, compressed as a server would: `vite build` prints each file, this the sum. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { expect, it } from "vitest";

/** JavaScript and WebAssembly together, but for what only stores, or only images with labels need, which is loaded when one is opened. */
const MOST_NBYTES = 60_000;
const MOST_FOR_STORES_NBYTES = 6_500;
const MOST_FOR_LABELS_NBYTES = 1_700;
/** All of it. */
const MOST_NBYTES_IN_ALL = 64_500;

it("is small", () => {
  const folder = fileURLToPath(new URL("../../../viewer/dist/assets/", import.meta.url));
  const sizes = new Map(readdirSync(folder).filter((name) => !/\.(br|gz)$/.test(name)).map((name) => [name.split("-")[0]! + name.slice(name.lastIndexOf(".")), brotliCompressSync(readFileSync(folder + name)).length]));
  const sum = (...names: string[]) => names.reduce((all, name) => all + sizes.get(name)!, 0);
  console.log([...sizes].map(([name, nbytes]) => `${name} ${nbytes}`).join(", "));
  expect([...sizes.keys()].sort()).toEqual(["index.css", "index.js", "layers.js", "open.js", "worker.js", "ziggurat.wasm"]);
  expect(sum("index.js", "worker.js", "ziggurat.wasm")).toBeLessThan(MOST_NBYTES);
  expect(sum("layers.js")).toBeLessThan(MOST_FOR_LABELS_NBYTES);
  expect(sum("open.js")).toBeLessThan(MOST_FOR_STORES_NBYTES);
  expect(sum("index.js", "worker.js", "ziggurat.wasm", "layers.js", "open.js")).toBeLessThan(MOST_NBYTES_IN_ALL);
});

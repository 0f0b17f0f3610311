/** What a browser loads, compressed as a server would: `vite build` prints each file, this the sum. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { expect, it } from "vitest";

/** JavaScript and WebAssembly that are loaded before the first picture, whatever it is of. */
const MOST_NBYTES = 60_000;
/** Loading the whole core, while messages wait, takes 400 of these. */
const MOST_JAVASCRIPT_NBYTES = 34_000;
/** The name without what tells the content. */
const HASHED = /-.{8}(?=\.\w+$)/;

it("is small", () => {
  const folder = fileURLToPath(new URL("../../../viewer/dist/assets/", import.meta.url));
  const sizes = new Map(readdirSync(folder).filter((name) => !/\.(br|gz)$/.test(name)).map((name) => [name.replace(HASHED, ""), brotliCompressSync(readFileSync(folder + name)).length]));
  console.log([...sizes].map(([name, nbytes]) => `${name} ${nbytes}`).join(", "));
  expect([...sizes.keys()].sort()).toEqual(["index.css", "index.js", "ziggurat-means.wasm", "ziggurat.wasm"]);
  expect(sizes.get("index.js")).toBeLessThan(MOST_JAVASCRIPT_NBYTES);
  expect(sizes.get("index.js")! + sizes.get("ziggurat-means.wasm")!).toBeLessThan(MOST_NBYTES);
});

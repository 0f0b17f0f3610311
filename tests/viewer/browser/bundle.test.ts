/** What a browser loads, compressed as a server would: `vite build` prints each file, this the sum. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { expect, it } from "vitest";

/** JavaScript and WebAssembly: there is no other file, and nothing is loaded later. */
const MOST_NBYTES = 60_000;
const MOST_JAVASCRIPT_NBYTES = 33_500;

it("is small", () => {
  const folder = fileURLToPath(new URL("../../../viewer/dist/assets/", import.meta.url));
  const sizes = new Map(readdirSync(folder).filter((name) => !/\.(br|gz)$/.test(name)).map((name) => [name.split("-")[0]! + name.slice(name.lastIndexOf(".")), brotliCompressSync(readFileSync(folder + name)).length]));
  console.log([...sizes].map(([name, nbytes]) => `${name} ${nbytes}`).join(", "));
  expect([...sizes.keys()].sort()).toEqual(["index.css", "index.js", "ziggurat.wasm"]);
  expect(sizes.get("index.js")).toBeLessThan(MOST_JAVASCRIPT_NBYTES);
  expect(sizes.get("index.js")! + sizes.get("ziggurat.wasm")!).toBeLessThan(MOST_NBYTES);
});

/** What a browser loads, compressed as a server would. Issue by issue features come in; this is the room they have. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

const MOST_NBYTES = 60_000;

it("is small", () => {
  const folder = fileURLToPath(new URL("../../../viewer/dist/assets/", import.meta.url));
  const sizes = readdirSync(folder).map((name) => [name, gzipSync(readFileSync(folder + name)).length] as const);
  expect(sizes.map(([name]) => name.split(".").at(-1)).sort()).toEqual(["css", "js", "js", "wasm"]);
  expect(sizes.reduce((sum, [, nbytes]) => sum + nbytes, 0), JSON.stringify(sizes)).toBeLessThan(MOST_NBYTES);
});

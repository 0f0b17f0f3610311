/** Makes the codec small for the page that is built: without what the viewer never calls, with short names, and optimized as a whole once more. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import binaryen from "binaryen";
import type { Plugin } from "vite";

const EXPORT = /\bzgr_wasm_\w+/g;
const MEMORY = "memory";

/** @param folder of all sources. @returns what each export that is called in them is called in the bundle: `a`, `b` and so on */
export function exportNames(folder: string): ReadonlyMap<string, string> {
  const called = new Set<string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".ts")) for (const [found] of code(readFileSync(join(folder, name), "utf8")).matchAll(EXPORT)) called.add(found);
  }
  return new Map([...called].sort().map((name, index) => [name, String.fromCharCode("a".charCodeAt(0) + index)]));
}

/** Without comments, which name more than is called. */
const code = (source: string): string => source.replace(/\/\*.*?\*\/|\/\/ .*$/gms, "");

/** @param wasm as it is in the repository. @param names what is kept, and what it is called then */
export function smallCodec(wasm: Uint8Array, names: ReadonlyMap<string, string>): Uint8Array {
  const module = binaryen.readBinary(wasm);
  module.setFeatures(USED); // it is linked without the section that tells what it uses
  const exports = Array.from({ length: module.getNumExports() }, (_, index) => binaryen.getExportInfo(module.getExportByIndex(index)));
  for (const { name, value } of exports) {
    if (name === MEMORY) continue;
    module.removeExport(name);
    if (names.has(name)) module.addFunctionExport(value, names.get(name)!);
  }
  binaryen.setOptimizeLevel(OPTIMIZE_LEVEL);
  binaryen.setShrinkLevel(SHRINK_LEVEL);
  module.optimize();
  module.optimize(); // the first time leaves something to do
  if (!module.validate()) throw new Error("the codec is not valid after it was made small");
  const small = module.emitBinary();
  module.dispose();
  return small;
}

const { SIMD128, BulkMemory, BulkMemoryOpt, SignExt, MutableGlobals, NontrappingFPToInt } = binaryen.Features;
/** The features that codecs/wasm/build.sh lets the compiler use. */
const USED = SIMD128 | BulkMemory | BulkMemoryOpt | SignExt | MutableGlobals | NontrappingFPToInt;

/** As small as any after compression, of which these make the fewest changes to loops. */
const OPTIMIZE_LEVEL = 1;
const SHRINK_LEVEL = 1;

export function codec(folder: string): Plugin {
  const names = exportNames(folder);
  return {
    name: "codec",
    apply: "build",
    enforce: "pre",
    transform: (source, id) => (id.startsWith(folder) ? source.replace(EXPORT, (name) => names.get(name) ?? name) : null),
    load(id) {
      if (!id.endsWith(".wasm?url")) return null;
      const reference = this.emitFile({ type: "asset", name: "ziggurat.wasm", source: smallCodec(readFileSync(id.split("?")[0]!), names) });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}

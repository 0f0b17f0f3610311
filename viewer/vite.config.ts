import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Writes each file a second and third time, compressed as far as can be: the server sends what the browser accepts. */
function compressed(): Plugin {
  let folder = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (!/\.(css|html|js|wasm)$/.test(name)) continue;
        const path = join(folder, name);
        const data = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }));
        writeFileSync(`${path}.gz`, gzipSync(data, { level: constants.Z_BEST_COMPRESSION }));
      }
    },
  };
}

/** Leaves comments and indents of shaders at home: to everybody else they are text, which is sent as it is. */
const bareShaders = (): Plugin => ({
  name: "bare-shaders",
  enforce: "pre",
  transform: (code, id) => (/\/gl\/\w+\.ts$/.test(id) && code.includes("#version") ? code.replace(/[ \t]*\/\/ .*$/gm, "").replace(/^[ \t]+/gm, "") : null),
});

/** What is loaded later brings no styles and little else: vite's own loading of what it needs would be the larger part. */
const plainImports = (): Plugin => ({
  name: "plain-imports",
  enforce: "pre",
  load: (id) => (id.includes("vite/preload-helper") ? "export const __vitePreload = (load) => load();" : null),
});

export default defineConfig({
  plugins: [compressed(), bareShaders(), plainImports()],
  base: "./", // the server may mount the viewer anywhere
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: false },
  worker: { format: "es" },
  server: { fs: { allow: [".."] } }, // the codec's wasm lies beside the viewer, not in it
});

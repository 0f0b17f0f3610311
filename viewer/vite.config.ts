import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // the server may mount the viewer anywhere
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: "es" },
  server: { fs: { allow: [".."] } }, // the codec's wasm lies beside the viewer, not in it
});

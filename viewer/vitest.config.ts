import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// The tests mirror the sources from outside viewer/, where node's own search would not find these packages.
export const alias = { "playwright-core": here("node_modules/playwright-core"), vite: here("node_modules/vite") };

export default defineConfig({
  resolve: { alias },
  server: { fs: { allow: [".."] } },
  test: { dir: here("../tests/viewer"), include: ["unit/**/*.test.ts"] },
});

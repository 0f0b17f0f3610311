import { defineConfig } from "vitest/config";
import { alias, here } from "./vitest.config.ts";

// What is measured is printed, not judged: machines differ.
export default defineConfig({
  resolve: { alias },
  server: { fs: { allow: [".."] } },
  test: {
    dir: here("../tests/viewer"),
    include: ["bench/**/*.bench.ts"],
    fileParallelism: false,
    disableConsoleIntercept: true,
    testTimeout: 1_200_000,
    hookTimeout: 300_000,
  },
});

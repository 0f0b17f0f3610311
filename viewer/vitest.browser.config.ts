import { defineConfig } from "vitest/config";
import { alias, here } from "./vitest.config.ts";

// One Chromium at a time, drawing in software: the limits are there to end a hang, not to judge speed.
export default defineConfig({
  resolve: { alias },
  server: { fs: { allow: [".."] } },
  test: {
    // A page on a busy machine draws seldom; what is waited for does come.
    expect: { poll: { timeout: 20_000 } },
    dir: here("../tests/viewer"),
    include: ["browser/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

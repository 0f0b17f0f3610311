import { describe, expect, it } from "vitest";
import { Held } from "../../../viewer/src/client/held.ts";

describe("Held", () => {
  it("takes each packet once", () => {
    const held = new Held(1000);
    expect(held.take("a", 1, 3, 7, 10)).toBe(true);
    expect(held.take("a", 1, 3, 5, 10)).toBe(true);
    expect(held.take("a", 2, 3, 7, 10), "sent again after a lost connection").toBe(false);
    expect(held.take("a", 2, 2, 7, 10), "another resolution").toBe(true);
    expect(held.nbytes).toBe(30);
  });

  it("forgets what was used longest ago, but nothing in view", () => {
    const held = new Held(25);
    for (const key of ["a", "b", "c", "d"]) held.take(key, 1, 0, 0, 10);
    held.touch(["a"]);
    expect(held.evict(new Set(["b"]), 2)).toEqual(["c", "d"]);
    expect(held.nbytes).toBe(20);
    expect([...held.keys()]).toEqual(["b", "a"]);
  });

  it("keeps all that is in view, even beyond its budget", () => {
    const held = new Held(5);
    held.take("a", 1, 0, 0, 10);
    expect(held.evict(new Set(["a"]), 2)).toEqual([]);
  });

  it("refuses packets that were on the way when their chunk was forgotten", () => {
    const held = new Held(0);
    held.take("a", 4, 0, 5, 10);
    held.evict(new Set(), 5);
    expect(held.take("a", 4, 0, 4, 10)).toBe(false);
    expect(held.nbytes).toBe(0);
    expect(held.take("a", 5, 0, 5, 10)).toBe(true);
  });
});

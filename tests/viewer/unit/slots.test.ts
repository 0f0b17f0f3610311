import { expect, it } from "vitest";
import { Slots } from "../../../viewer/src/gl/slots.ts";

it("gives each chunk a place of its own, then that of the one used longest ago", () => {
  const slots = new Slots(2);
  const nobody = new Set<string>();
  expect(slots.take("a", nobody)).toEqual({ slot: 0, evicted: undefined });
  expect(slots.take("b", nobody)).toEqual({ slot: 1, evicted: undefined });
  slots.touch(["a", "not there"]);
  expect(slots.take("c", nobody)).toEqual({ slot: 1, evicted: "b" });
  expect(slots.take("d", new Set(["a"]))).toEqual({ slot: 1, evicted: "c" });
  expect(slots.take("e", new Set(["a", "d"]))).toBeUndefined();
  expect([slots.get("a"), slots.get("d"), slots.get("b"), slots.used]).toEqual([0, 1, undefined, 2]);
});

import { describe, expect, it } from "vitest";
import { lookOf } from "../../../viewer/src/view/channels.ts";
import { coarseView, motionBetween, scenesAhead, steppedAt } from "../../../viewer/src/view/steps.ts";
import { mosaic, stack } from "../support/descriptions.ts";

const scene = (description = stack(), at = {}, level = 0) => ({
  level,
  region: { y: [0, 130], x: [0, 133] } as const,
  at,
  looks: description.channels.map(lookOf),
  exact: true,
});

describe("steppedAt", () => {
  it("goes round, or stops at the end", () => {
    const at = { t: 1, z: 6 };
    expect(steppedAt(stack(), at, { axis: "z", by: 1 }, true)).toEqual({ t: 1, z: 0 });
    expect(steppedAt(stack(), at, { axis: "z", by: 1 }, false)).toEqual({ t: 1, z: 6 });
    expect(steppedAt(stack(), { t: 0 }, { axis: "t", by: -1 }, true)).toEqual({ t: 2 });
  });
});

describe("motionBetween", () => {
  it("finds the one axis that moved, and the way", () => {
    expect(motionBetween({ z: 3, t: 0 }, { z: 5, t: 0 })).toEqual({ axis: "z", by: 1 });
    expect(motionBetween({ z: 3, t: 1 }, { z: 3, t: 0 })).toEqual({ axis: "t", by: -1 });
    expect(motionBetween({ z: 3 }, { z: 3, t: 0 })).toBeUndefined();
    expect(motionBetween({ z: 3, t: 0 }, { z: 4, t: 1 })).toBeUndefined();
  });
});

describe("scenesAhead", () => {
  it("lists the next two places, and turns at the end", () => {
    const ahead = scenesAhead(stack(), scene(stack(), { z: 5, t: 1 }), { axis: "z", by: 1 });
    expect(ahead.map(({ at, exact }) => ({ at, exact }))).toEqual([
      { at: { z: 6, t: 1 }, exact: false },
      { at: { z: 0, t: 1 }, exact: false },
    ]);
  });

  it("asks for each place once, and never for the present one", () => {
    const two = { ...stack(), shape: [2, 1, 7, 130, 133] };
    expect(scenesAhead(two, scene(two, { t: 0 }), { axis: "t", by: 1 }).map(({ at }) => at)).toEqual([{ t: 1 }]);
    expect(scenesAhead(mosaic(), scene(mosaic()), { axis: "z", by: 1 })).toEqual([]);
  });

  it("is content with less than the screen shows", () => {
    const [first] = scenesAhead({ ...mosaic(), axes: ["t", "y", "x"] }, scene(mosaic(), {}, 1), { axis: "t", by: 1 });
    expect(first!.level).toBe(3);
    expect(coarseView(mosaic(), first!).channels).toEqual([{ index: 0, max_error: 80 }, { index: 1, max_error: 80 }]);
  });
});

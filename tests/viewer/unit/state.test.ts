import { describe, expect, it } from "vitest";
import { lookOf } from "../../../viewer/src/view/channels.ts";
import { imageInHash, readHash, steppedAxes, writeHash, type ViewState } from "../../../viewer/src/view/state.ts";
import { mosaic, stack } from "../support/descriptions.ts";

const start = (description = mosaic()): ViewState => ({
  camera: { y: 1, x: 2, zoom: 3 },
  at: Object.fromEntries(steppedAxes(description).map(({ name }) => [name, 0])),
  looks: description.channels.map(lookOf),
  wantExact: false,
});

describe("the address", () => {
  it("brings back what was seen", () => {
    const state: ViewState = {
      camera: { y: 1234.5678, x: 0.25, zoom: 0.03125 },
      at: {},
      looks: [{ visible: false, colour: "FF00AA", window: [-12.5, 3000], gamma: 1.7, table: "viridis" }, lookOf(mosaic().channels[1]!)],
      wantExact: true,
    };
    const hash = writeHash(mosaic(), state);
    expect(imageInHash(hash)).toBe("plate/mosaic.zarr");
    expect(readHash(hash, mosaic(), start())).toEqual(state);
    expect(hash).not.toContain("c1=");
  });

  it("holds the position on every axis", () => {
    const state = { ...start(stack()), at: { t: 2, z: 6 } };
    expect(readHash(writeHash(stack(), state), stack(), start(stack())).at).toEqual({ t: 2, z: 6 });
  });

  it.each(["", "x=abc&zoom=-1&y=", "c0=1,blue,0,1&c1=1,00FF00,9,3", "c0=1,00FF00,--,..", "c0=1,00FF00,0,1,9&c1=1,00FF00,0,1,0"])("is ignored where it makes no sense: %s", (hash) =>
    expect(readHash(hash, mosaic(), start())).toEqual(start()),
  );

  it("keeps positions on their axes", () => {
    expect(readHash("z=99&t=-3", stack(), start(stack())).at).toEqual({ t: 0, z: 6 });
  });
});

it("gives a slider to axes with more than one place", () => {
  expect(steppedAxes(stack())).toEqual([{ name: "t", size: 3 }, { name: "z", size: 7 }]);
  expect(steppedAxes(mosaic())).toEqual([]);
});

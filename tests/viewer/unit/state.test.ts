import { describe, expect, it } from "vitest";
import { parseDescription } from "../../../viewer/src/client/description.ts";
import { lookOf } from "../../../viewer/src/view/channels.ts";
import { imageInHash, readHash, steppedAxes, writeHash, type ViewState } from "../../../viewer/src/view/state.ts";
import { mosaic, mosaicJson, stack } from "../support/descriptions.ts";

const start = (description = mosaic()): ViewState => ({
  camera: { y: 1, x: 2, zoom: 3 },
  at: Object.fromEntries(steppedAxes(description).map(({ name }) => [name, 0])),
  looks: description.channels.map(lookOf),
  wantExact: false,
  labels: {},
});

describe("the address", () => {
  it("brings back what was seen", () => {
    const state: ViewState = {
      camera: { y: 1234.5678, x: 0.25, zoom: 0.03125 },
      at: {},
      looks: [{ visible: false, colour: "FF00AA", window: [-12.5, 3000], gamma: 1.7, table: "viridis" }, lookOf(mosaic().channels[1]!)],
      wantExact: true,
      labels: {},
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

  it("holds the label images that lie over it, of those that belong to it", () => {
    const labelled = parseDescription({ ...mosaicJson(), label_images: ["plate/mosaic.zarr/labels/nuclei", "http://127.0.0.1/a.zarr/labels/one,two"] });
    const labels = { "http://127.0.0.1/a.zarr/labels/one,two": 0.25, "plate/mosaic.zarr/labels/nuclei": 1 };
    expect(readHash(writeHash(labelled, { ...start(), labels }), labelled, start()).labels).toEqual(labels);
    expect(readHash("labels=0.5,plate/mosaic.zarr/labels/cells&labels=7,plate/mosaic.zarr/labels/nuclei&labels=nuclei", labelled, start()).labels).toEqual({});
  });

  it("keeps positions on their axes", () => {
    expect(readHash("z=99&t=-3", stack(), start(stack())).at).toEqual({ t: 0, z: 6 });
  });
});

it("gives a slider to axes with more than one place", () => {
  expect(steppedAxes(stack())).toEqual([{ name: "t", size: 3 }, { name: "z", size: 7 }]);
  expect(steppedAxes(mosaic())).toEqual([]);
});

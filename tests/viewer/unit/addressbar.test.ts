import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AddressBar } from "../../../viewer/src/view/addressbar.ts";
import { lookOf } from "../../../viewer/src/view/channels.ts";
import { writeHash } from "../../../viewer/src/view/state.ts";
import { mosaic } from "../support/descriptions.ts";

const at = (zoom: number) => ({
  description: mosaic(),
  current: { camera: { y: 1, x: 2, zoom }, at: {}, looks: mosaic().channels.map(lookOf), wantExact: false, labels: {} },
});
const hashAt = (zoom: number): string => writeHash(mosaic(), at(zoom).current);

describe("the address bar", () => {
  let written: string[];
  let bar: AddressBar;

  beforeEach(() => {
    vi.useFakeTimers();
    written = [];
    bar = new AddressBar((hash) => written.push(hash));
  });

  afterEach(() => void vi.useRealTimers());

  it("is written once for many changes, with the last", () => {
    const seen = at(1);
    for (const zoom of [2, 3, 4]) {
      seen.current = at(zoom).current;
      bar.follow(seen);
    }
    vi.runAllTimers();
    expect(written).toEqual([hashAt(4)]);
  });

  it("is written again only for something else", () => {
    for (const zoom of [1, 1, 2]) {
      bar.follow(at(zoom));
      vi.runAllTimers();
    }
    expect(written).toEqual([hashAt(1), hashAt(2)]);
  });

  it("keeps what a person typed while that is opened, though what was seen before sharpens", () => {
    bar.follow(at(1));
    bar.leave(at(1));
    vi.runAllTimers();
    bar.follow(at(1));
    vi.runAllTimers();
    expect(written).toEqual([]);
  });

  it("puts back what a person typed, if it was written over before anybody knew", () => {
    bar.follow(at(1));
    vi.runAllTimers();
    bar.leave(at(1), "image=other.zarr");
    bar.follow(at(1));
    vi.runAllTimers();
    expect(written).toEqual([hashAt(1), "image=other.zarr"]);
  });

  it("follows again when what was seen before moves after all", () => {
    bar.leave(at(1));
    bar.follow(at(2));
    vi.runAllTimers();
    expect(written).toEqual([hashAt(2)]);
  });

  it("says in its own words what was typed", () => {
    bar.follow(at(1));
    vi.runAllTimers();
    bar.leave();
    bar.follow(at(1));
    vi.runAllTimers();
    expect(written).toEqual([hashAt(1), hashAt(1)]);
  });
});

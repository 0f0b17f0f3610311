import { describe, expect, it } from "vitest";
import { lookOf } from "../../../viewer/src/view/channels.ts";
import { decodeLevel, targetChunks, viewOf, wantedChunks, type Scene } from "../../../viewer/src/view/requests.ts";
import { mosaic } from "../support/descriptions.ts";

const description = mosaic();
const looks = description.channels.map(lookOf);
const scene = (change: Partial<Scene> = {}): Scene => ({ level: 0, region: { y: [0, 600], x: [0, 512] }, at: {}, looks, exact: false, ...change });

describe("viewOf", () => {
  it("asks for all of labels, of which nothing is nearly right", () => {
    expect(viewOf({ ...description, labels: true }, scene()).channels).toEqual([{ index: 0, max_error: 0 }, { index: 1, max_error: 0 }]);
  });

  it("asks for each visible channel to the error its window can show", () => {
    const hidden = [{ ...looks[0]!, visible: false }, { ...looks[1]!, window: [100, 610] as const }];
    expect(viewOf(description, scene({ looks: hidden, level: 2, exact: true }))).toEqual({
      level: 2,
      region: { y: [0, 600], x: [0, 512] },
      at: {},
      channels: [{ index: 1, max_error: 2 }],
      exact: true,
      coarser: true,
    });
    expect(viewOf(description, scene({ looks: hidden, unseen: { greys: 4, spare: 2 } }))).toMatchObject({ channels: [{ index: 1, max_error: 8 }], spare: 2 });
  });
});

describe("wantedChunks", () => {
  it("puts the few that cover much first, then channels together", () => {
    const keys = [...wantedChunks(description, scene()).keys()];
    expect(keys).toEqual(["1/0/0", "1/0/4", "0/0/0", "0/0/16", "0/0/4", "0/0/20"]);
  });

  it("wants each array at the level that fits the screen", () => {
    const levels = [...wantedChunks(description, scene({ level: 2 })).values()].map(({ place, level }) => [place.address[0], level]);
    expect(new Set(levels.map(String))).toEqual(new Set(["1,0", "0,2"]));
    expect([decodeLevel(description, 1, 5), decodeLevel(description, 0, 5)]).toEqual([2, 5]);
    expect([...wantedChunks(description, scene({ level: 4 })).keys()]).toEqual(["1/0/0", "1/0/4"]);
  });

  it("shows the chunks of the level's own array", () => {
    expect(targetChunks(description, scene(), 1).map(({ key }) => key)).toEqual(["0/0/16", "0/0/20"]);
    expect(targetChunks(description, scene({ level: 3 }), 1).map(({ key }) => key)).toEqual(["1/0/4"]);
  });
});

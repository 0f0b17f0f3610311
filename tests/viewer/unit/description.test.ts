import { describe, expect, it } from "vitest";
import { parseDescription } from "../../../viewer/src/client/description.ts";
import { DescriptionError, ProtocolError } from "../../../viewer/src/client/errors.ts";
import { parseEvent } from "../../../viewer/src/client/events.ts";
import { mosaicJson } from "../support/descriptions.ts";

type Json = ReturnType<typeof mosaicJson>;

describe("parseDescription", () => {
  it("reads what the protocol's page shows, units left out", () => {
    const description = parseDescription(mosaicJson());
    expect(description.channels[1]).toEqual({ name: "GFP", colour: "00FF00", window: [0, 2550], range: [0, 4095], visible: true });
    expect(description.levels[4]).toMatchObject({ array: 1, decode: 1 });
    expect(description.arrays[0]!.shardShape).toEqual([2, 2048, 2048]);
    expect(description.scale).toEqual({});
    expect(description).toMatchObject({ fill: 0, labels: false, labelImages: [] });
  });

  it.each([[7, 7], [true, 1], ["NaN", Number.NaN], ["-Infinity", -Infinity]])("reads %j as a fill value", (fill, number) => {
    expect(parseDescription({ ...mosaicJson(), fill }).fill).toBe(number);
  });

  it.each<[string, (json: Json) => void]>([
    ["description.dtype", (json) => (json.dtype = "complex64")],
    ["description.axes", (json) => json.axes.reverse()],
    ["description.shape", (json) => json.shape.pop()],
    ["description.shape[1]", (json) => (json.shape[1] = 0)],
    ["description.levels[2]", (json) => (json.levels[2]!.decode = 1)],
    ["description.levels[0].array", (json) => (json.levels[0]!.array = 2)],
    ["description.arrays[1].chunk_shape[2]", (json) => (json.arrays[1]!.chunk_shape[2] = 1.5)],
    ["description.channels[0].colour", (json) => (json.channels[0]!.colour = "blue")],
    ["description.channels[0].window", (json) => json.channels[0]!.window.reverse()],
    ["description.levels", (json) => (json.levels.length = 0)],
    ["description.channels", (json) => (json.channels.length = 0)],
  ])("names %s when it is wrong", (place, spoil) => {
    const json = mosaicJson();
    spoil(json);
    const parse = () => parseDescription(json);
    expect(parse).toThrow(DescriptionError);
    expect(parse).toThrow(place);
  });

  it.each([[null], [[]], ["text"], [{}]])("refuses %j", (json) => expect(() => parseDescription(json)).toThrow(DescriptionError));
});

describe("parseEvent", () => {
  it("reads the events of the protocol's page", () => {
    expect(parseEvent('{"type": "opened", "image": "a.zarr", "handle": 1}')).toEqual({ type: "opened", image: "a.zarr", handle: 1, version: undefined, held: 0 });
    const reached = parseEvent('{"type": "reached", "id": 7, "step": 5, "max_error": 12}');
    expect(reached).toEqual({ type: "reached", id: 7, step: 5, maxError: 12 });
    expect(parseEvent('{"type": "done", "id": 7, "exact": true, "nbytes": 1}')).toEqual({ type: "done", id: 7, exact: true });
    const error = '{"type": "error", "id": 7, "kind": "damaged", "message": "no", "chunk": [0, 1, 2]}';
    expect(parseEvent(error)).toMatchObject({ id: 7, kind: "damaged", message: "no", chunk: [0, 1, 2] });
    const refused = parseEvent('{"type": "error", "id": null, "kind": "request", "message": "no"}');
    expect(refused).toMatchObject({ id: undefined, chunk: undefined, shard: undefined });
    expect(parseEvent('{"type": "error", "id": 7, "kind": "store", "message": "no", "shard": [0, 4]}')).toMatchObject({ shard: [0, 4] });
  });

  it("lets pass what only a newer server says", () => expect(parseEvent('{"type": "news"}')).toEqual({ type: "other" }));

  it.each(["", "{}", "[]", '{"type": "done"}', '{"type": "error", "kind": "a", "message": "b", "chunk": [1]}'])("refuses %s", (text) =>
    expect(() => parseEvent(text)).toThrow(ProtocolError),
  );
});

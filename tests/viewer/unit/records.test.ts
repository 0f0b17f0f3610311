import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../../viewer/src/client/errors.ts";
import { HEADER_NBYTES, parseMessage } from "../../../viewer/src/client/records.ts";
import { Cursor } from "../../../viewer/src/client/varint.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const varint = (...values: number[]) => new Cursor(bytes(...values)).varint();

describe("varint", () => {
  it.each([
    [[0], 0],
    [[0x7f], 127],
    [[0x80, 0x01], 128],
    [[0xe5, 0x8e, 0x26], 624485],
    [[0xff, 0xff, 0xff, 0xff, 0x0f], 2 ** 32 - 1],
    [[0xff, 0xff, 0xff, 0xff, 0x7f], 2 ** 35 - 1],
  ])("reads %j", (encoded, value) => expect(varint(...encoded)).toBe(value));

  it.each([[[0x80]], [[]], [[0x80, 0x00]], [[0x80, 0x80, 0x80, 0x80, 0x80, 0x01]]])("refuses %j", (encoded) =>
    expect(() => varint(...encoded)).toThrow(ProtocolError),
  );
});

describe("parseMessage", () => {
  const nbytes = 91;
  const header = Array.from({ length: nbytes }, (_, index) => (index === HEADER_NBYTES.at ? nbytes : index));
  const whole = [7, 1, 1, 0, 3, ...header, 2, 0, 3, 9, 4, 5, 3, 0xaa, 0xbb, 0xcc, 2, 0, 3, 9, 3, 5, 0, 3, 1, 2, 4, 0, 3, 0x81, 0x01];

  it("reads every kind of record", () => {
    const message = parseMessage(bytes(...whole));
    expect(message).toMatchObject({ viewId: 7, handle: 1 });
    expect(message.records).toEqual([
      { kind: "shard", array: 0, shard: 3, header: bytes(...header) },
      { kind: "packet", array: 0, shard: 3, chunk: 9, resolution: 4, step: 5, bytes: bytes(0xaa, 0xbb, 0xcc) },
      { kind: "packet", array: 0, shard: 3, chunk: 9, resolution: 3, step: 5, bytes: bytes() },
      { kind: "shardAbsent", array: 1, shard: 2 },
      { kind: "chunkAbsent", array: 0, shard: 3, chunk: 129 },
    ]);
  });

  it("takes the table of codes that a header announces, and nothing more", () => {
    const announced = header.map((byte, index) => (index === 7 ? 16 : byte));
    const table = [3, 0, 0, 0, 0xaa, 0xbb, 0xcc];
    const message = [7, 1, 1, 0, 3, ...announced, ...table, 3, 1, 2];
    expect(parseMessage(bytes(...message)).records).toEqual([
      { kind: "shard", array: 0, shard: 3, header: bytes(...announced, ...table) },
      { kind: "shardAbsent", array: 1, shard: 2 },
    ]);
    for (let length = 5 + nbytes; length < 5 + nbytes + table.length; length++) {
      expect(() => parseMessage(bytes(...message.slice(0, length)))).toThrow(ProtocolError);
    }
  });

  it.each([0, 15, 79])("refuses a header of %i bytes", (size) => {
    const short = header.map((byte, index) => (index === HEADER_NBYTES.at ? size : byte));
    expect(() => parseMessage(bytes(7, 1, 1, 0, 3, ...short))).toThrow(ProtocolError);
  });

  it("refuses every cut but those between records", () => {
    const ends = new Set([2, ...[5, 15, 22, 25].map((more) => nbytes + more), whole.length]);
    for (let length = 0; length <= whole.length; length++) {
      const parse = () => parseMessage(bytes(...whole.slice(0, length)));
      if (ends.has(length)) expect(parse, `${length}`).not.toThrow();
      else expect(parse, `${length}`).toThrow(ProtocolError);
    }
  });

  it("refuses a record it does not know", () => expect(() => parseMessage(bytes(7, 1, 9, 0, 0))).toThrow("record 9"));
});

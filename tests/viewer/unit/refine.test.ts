import { beforeEach, describe, expect, it } from "vitest";
import { Refiner, type Picture } from "../../../viewer/src/client/refine.ts";
import { loadCodec } from "../../../viewer/src/client/wasm.ts";
import { compileCodec, planePackets, planePixels } from "../support/shards.ts";

const { header, packets } = planePackets();
const lowestStep = (resolution: number) => packets.filter((packet) => packet.resolution === resolution).at(-1)!;
let pictures: Picture[];
let damaged: string[];

/** A refiner with chunks a, b, … that are all the same one. */
function refiner(budgetNbytes: number) {
  const made = new Refiner(loadCodec(compileCodec()), budgetNbytes, {
    picture: (picture) => pictures.push(picture),
    damaged: (key, message) => damaged.push(`${key}: ${message}`),
  });
  made.header("0/0", header);
  return {
    made,
    give: (key: string, some = packets) => some.forEach((packet) => made.packet(key, "0/0", 0, packet)),
    work: () => {
      for (let turns = 0; made.busy; turns++) {
        expect(turns).toBeLessThan(1000);
        made.work();
      }
    },
  };
}

beforeEach(() => {
  pictures = [];
  damaged = [];
});

describe("Refiner", () => {
  it("takes packets that came together at once, and refines until exact", () => {
    const { made, give, work } = refiner(1e9);
    made.want(new Map([["a", 0]]));
    give("a", packets.slice(0, 10));
    work();
    give("a", packets.slice(10));
    work();
    expect(pictures).toHaveLength(2);
    expect(pictures[0]!.errors[0]).toBeGreaterThan(0);
    expect(pictures[1]).toMatchObject({ key: "a", level: 0, height: 130, width: 133 });
    expect(pictures[1]!.errors[0]).toBe(0);
    expect(pictures[1]!.pixels).toEqual(planePixels());
  });

  it("shows the finest level it knows, but no finer than wanted", () => {
    const { made, give, work } = refiner(1e9);
    made.want(new Map([["a", 1]]));
    give("a", packets.filter(({ resolution }) => resolution === 3));
    work();
    give("a", packets.filter(({ resolution }) => resolution < 3));
    work();
    made.want(new Map([["a", 0]]));
    work();
    expect(pictures.map(({ level }) => level)).toEqual([3, 1, 0]);
  });

  it("makes nothing that is not wanted, and nothing twice", () => {
    const { made, give, work } = refiner(1e9);
    give("a");
    work();
    expect(pictures).toEqual([]);
    for (let again = 0; again < 3; again++) {
      made.want(new Map([["a", 0]]));
      work();
    }
    expect(pictures).toHaveLength(1);
    made.lost(["a"]);
    work();
    expect(pictures).toHaveLength(2);
  });

  it("gives every chunk its turn", () => {
    const { made, give } = refiner(1e9);
    made.want(new Map([["a", 0], ["b", 0]]));
    give("a", packets.slice(0, 5));
    give("b", packets.slice(0, 5));
    made.work();
    give("a", packets.slice(5));
    made.work();
    made.work();
    expect(pictures.map(({ key }) => key)).toEqual(["a", "b", "a"]);
  });

  it("keeps decoders within its budget, and makes one again from its packets", () => {
    const { made, give, work } = refiner(1);
    made.want(new Map(["a", "b", "c"].map((key) => [key, 0])));
    const half = packets.length >> 1;
    for (const key of ["a", "b", "c"]) give(key, packets.slice(0, half));
    work();
    const one = made.decoderNbytes;
    expect(one).toBeGreaterThan(0);
    for (const key of ["a", "b", "c"]) give(key, packets.slice(half));
    work();
    expect(made.decoderNbytes).toBe(one);
    expect(pictures).toHaveLength(6);
    for (const picture of pictures.slice(3)) expect(picture.pixels).toEqual(planePixels());
  });

  it("forgets what is dropped, decoders and all", () => {
    const { made, give, work } = refiner(1e9);
    made.want(new Map([["a", 0]]));
    give("a");
    work();
    made.drop(["a"]);
    expect(made.decoderNbytes).toBe(0);
    give("a", packets.slice(0, 1));
    work();
    expect(pictures.at(-1)).toMatchObject({ level: 3 });
  });

  it("names a damaged chunk once, and goes on with the others", () => {
    const { made, give, work } = refiner(1e9);
    made.want(new Map([["a", 0], ["b", 0]]));
    const last = lowestStep(0);
    const bytes = last.bytes.slice();
    bytes[bytes.length >> 1]! ^= 0x10;
    give("a", [...packets.filter((packet) => packet !== last), { ...last, bytes }]);
    give("b");
    work();
    give("a", [last]);
    work();
    expect(damaged).toEqual(["a: a packet's checksum does not match"]);
    expect(pictures.map(({ key }) => key)).toEqual(["b"]);
  });

  it("says so when a packet has no header", () => {
    const { made } = refiner(1e9);
    made.packet("a", "0/9", 0, packets[0]!);
    expect(damaged).toHaveLength(1);
  });
});

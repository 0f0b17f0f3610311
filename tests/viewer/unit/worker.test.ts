import { describe, expect, it } from "vitest";
import type { Pixels } from "../../../viewer/src/client/codec.ts";
import type { LoadModule } from "../../../viewer/src/client/cores.ts";
import { loadCodec } from "../../../viewer/src/client/wasm.ts";
import { decodeFor, type FromWorker, type ToWorker, type WorkerScope } from "../../../viewer/src/client/worker.ts";
import { compileCodec, packetsOf, planePackets, planePixels, vector, type ShardPackets } from "../support/shards.ts";

const PLANE = planePackets();
const LABELS = packetsOf(vector("labels_uint16_odd"));
const FLOATS = packetsOf(vector("float32_log"));
const all = compileCodec();

/** All that a shard's only chunk is. */
function pixelsOf({ header, packets }: ShardPackets): Pixels {
  const decoder = loadCodec(all).decoder(header, 0);
  for (const { resolution, step, bytes } of packets) decoder.feed(resolution, step, bytes);
  return decoder.reconstruct(0);
}

/** A worker without a thread. */
function worker(loadAll?: LoadModule, module = compileCodec("ziggurat-means")) {
  const heard: FromWorker[] = [];
  const scope: WorkerScope = { onmessage: null, postMessage: (message) => void heard.push(message) };
  let sent = 0;
  const send = (message: ToWorker) => {
    sent++;
    scope.onmessage!({ data: message } as MessageEvent<ToWorker>);
  };
  decodeFor(scope, loadAll);
  send({ type: "start", module, budgetNbytes: 1e9 });
  const done = () => heard.some((message) => message.type === "idle" && message.count === sent);
  return {
    heard,
    send,
    /** Everything of a shard's only chunk, and that it is wanted. */
    show: (key: string, { header, packets }: ShardPackets) => {
      send({ type: "header", shard: key, header });
      send({ type: "packets", packets: packets.map((packet) => ({ ...packet, key, shard: key, ordinal: 0 })) });
      send({ type: "want", wanted: new Map([[key, 0]]) });
    },
    done,
    idle: () => expect.poll(done).toBe(true),
    pictures: () => heard.flatMap((message) => (message.type === "picture" ? [message.picture] : [])),
  };
}

/** A module that comes when the test says so. */
function later() {
  const asked: { give(): void; refuse(): void }[] = [];
  const load: LoadModule = () =>
    new Promise((resolve, reject) => asked.push({ give: () => resolve(all), refuse: () => reject(new TypeError("Failed to fetch")) }));
  return { asked, load };
}

/** What is under way has had several turns, as a worker takes them. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = (event) => {
        port1.close();
        done(event);
      };
      port2.postMessage(turn);
    });
  }
}

describe("a worker", () => {
  it("loads nothing more for means", async () => {
    const { asked, load } = later();
    const one = worker(load);
    one.show("0/0", PLANE);
    await one.idle();
    expect(asked).toHaveLength(0);
    expect(one.pictures().at(-1)!.pixels).toEqual(planePixels());
  });

  it.each([["labels", LABELS], ["floats", FLOATS]])("loads what decodes %s, and works all off that came meanwhile", async (_, shard) => {
    const { asked, load } = later();
    const one = worker(load);
    one.show("0/0", shard);
    one.send({ type: "lost", keys: [] });
    await settle();
    expect(asked).toHaveLength(1);
    expect(one.heard, "of the start").toEqual([{ type: "idle", count: 1 }]);
    asked[0]!.give();
    await one.idle();
    await settle();
    expect(one.heard.slice(1).map(({ type }) => type)).toEqual(["picture", "idle"]);
    expect(one.pictures()[0]).toMatchObject({ key: "0/0", level: 0 });
    expect(one.pictures()[0]!.pixels).toEqual(pixelsOf(shard));
  });

  it("takes messages in order though the first of them waits", async () => {
    const { asked, load } = later();
    const one = worker(load);
    one.show("0/0", LABELS);
    one.send({ type: "drop", keys: ["0/0"] }); // of all that is thrown away
    one.show("1/0", PLANE);
    await settle();
    asked[0]!.give();
    await one.idle();
    expect(one.pictures().map(({ key }) => key)).toEqual(["1/0"]);
  });

  it("loads it once, and decodes by both side by side", async () => {
    const { asked, load } = later();
    const one = worker(load);
    one.show("0/0", LABELS);
    one.show("1/0", FLOATS);
    one.show("2/0", PLANE);
    await settle();
    asked[0]!.give();
    await one.idle();
    one.send({ type: "want", wanted: new Map(["0/0", "1/0", "2/0"].map((key) => [key, 0])) });
    await one.idle();
    expect(asked).toHaveLength(1);
    const found = new Map(one.pictures().map(({ key, pixels }) => [key, pixels]));
    expect(found).toEqual(new Map<string, Pixels>([["2/0", planePixels()], ["0/0", pixelsOf(LABELS)], ["1/0", pixelsOf(FLOATS)]]));
  });

  it("says what it could not load, decodes the rest, and tries again with the next header", async () => {
    const { asked, load } = later();
    const one = worker(load);
    one.show("0/0", LABELS);
    await settle();
    asked[0]!.refuse();
    await one.idle();
    expect(one.heard.slice(1)).toEqual([{ type: "failed", message: "The decoder of these pixels was not loaded: Failed to fetch" }, { type: "idle", count: 4 }]);
    one.show("1/0", PLANE);
    await one.idle();
    expect(one.pictures().map(({ key }) => key)).toEqual(["1/0"]);
    one.send({ type: "header", shard: "2/0", header: FLOATS.header });
    one.send({ type: "want", wanted: new Map([["0/0", 0]]) });
    await settle();
    expect([asked.length, one.done()]).toEqual([2, false]);
    asked[1]!.give();
    await one.idle();
    expect(one.pictures().at(-1)!.pixels).toEqual(pixelsOf(LABELS));
  });

  it("needs nothing more where it was started with all", async () => {
    const one = worker(undefined, all);
    one.show("0/0", LABELS);
    await one.idle();
    expect(one.pictures()[0]!.pixels).toEqual(pixelsOf(LABELS));
  });

  it("calls a chunk damaged that it has no codec for, and nowhere to load it from", async () => {
    const one = worker();
    one.show("0/0", LABELS);
    await one.idle();
    expect(one.heard.at(-2)).toMatchObject({ type: "damaged", key: "0/0" });
  });
});

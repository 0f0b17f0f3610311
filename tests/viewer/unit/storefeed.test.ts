/** A view out of a store's byte ranges: in which order it is read and told, and what becomes of all that can go wrong. */
import { describe, expect, it } from "vitest";
import type { Fronts } from "../../../viewer/src/client/store/fronts.ts";
import { parseDescription } from "../../../viewer/src/client/description.ts";
import { DamagedError } from "../../../viewer/src/client/errors.ts";
import type { ServerEvent, View } from "../../../viewer/src/client/events.ts";
import type { ShardIndex } from "../../../viewer/src/client/plan.ts";
import { HEADER_NBYTES, type Record } from "../../../viewer/src/client/records.ts";
import { Bytes } from "../../../viewer/src/client/store/bytes.ts";
import { StoreFeed } from "../../../viewer/src/client/store/feed.ts";

const [FRONT, PACKET, FIRST_READ] = [100, 10_000, 24_576];

/** Two shards side by side, each two chunks of two resolutions and steps 2 to 0. */
const DESCRIPTION = parseDescription({
  name: "http://store/a.zarr",
  title: "a",
  axes: ["y", "x"],
  shape: [512, 2048],
  dtype: "uint16",
  rgb: false,
  fill: 0,
  channels: [{ name: "", colour: "FFFFFF", window: [0, 2550], range: [0, 4095], visible: true }],
  levels: [0, 1].map((level) => ({ level, shape: [512 >> level, 2048 >> level], array: 0, decode: level })),
  arrays: [{ path: "0", level: 0, shape: [512, 2048], shard_shape: [512, 1024], chunk_shape: [512, 512], resolutions: 2, nbytes: 0 }],
});

/** In the object: front; resolution 1, step 2 of both chunks; then chunk by chunk (1, 1), (1, 0), (0, 2), (0, 1), (0, 0). */
const ORDER = [[0, 1, 2], [1, 1, 2], ...[0, 1].flatMap((chunk) => [[1, 1], [1, 0], [0, 2], [0, 1], [0, 0]].map((rest) => [chunk, ...rest]))] as [number, number, number][];
const INDEX: ShardIndex = {
  resolutions: 2,
  firstStep: 2,
  chunks: 2,
  offsets: Float64Array.from({ length: 12 }, (_, place) => FRONT + PACKET * ORDER.findIndex(([chunk, resolution, step]) => (chunk * 2 + resolution) * 3 + step === place)),
  lengths: new Uint32Array(12).fill(PACKET),
  present: Uint8Array.of(1, 1),
  errors: [[0, 4, 16], [0, 2, 8]],
};
const OBJECT = new Uint8Array(FRONT + 12 * PACKET);
OBJECT[HEADER_NBYTES.at] = HEADER_NBYTES.least;

interface Asked {
  readonly key: string;
  readonly range: string;
  readonly signal: AbortSignal;
  answer(response: Response): void;
}

/** What a web server says to a request for a range. */
function ranged(range: string, object = OBJECT): Response {
  const [start, end] = /(\d+)-(\d+)/.exec(range)!.slice(1).map(Number) as [number, number];
  return new Response(object.slice(start, end + 1), { status: 206 });
}

function feed(fronts: Partial<Fronts> = {}) {
  const asked: Asked[] = [];
  const [events, records, connections, waits]: [ServerEvent[], Record[], boolean[], number[]] = [[], [], [], []];
  const later: (() => void)[] = [];
  let nbytes = 0;
  const fetch = (address: string, { headers, signal }: RequestInit) =>
    new Promise<Response>((answer, fail) => {
      asked.push({ key: address.replace("http://store/a.zarr/", ""), range: (headers as { Range: string }).Range.replace("bytes=", ""), signal: signal!, answer });
      signal!.addEventListener("abort", () => fail(signal!.reason));
    });
  const ways = {
    wait: (run: () => void, milliseconds: number) => {
      later.push(run);
      waits.push(milliseconds);
    },
  };
  const whole = { nbytes: () => FRONT, index: () => INDEX, ...fronts };
  const made = new StoreFeed(DESCRIPTION, new Bytes("http://store/a.zarr", fetch), whole, ways, {
    held: () => [],
    message: (message, fresh) => {
      records.push(...message.records);
      nbytes += fresh;
    },
    event: (event) => events.push(event),
    connected: (connected) => connections.push(connected),
    failed: (error) => {
      throw error;
    },
  });
  /** Lets all that can happen happen. */
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
  };
  /** Answers what is asked until nothing is. */
  const serve = async (say: (asked: Asked) => Response = ({ range }) => ranged(range)): Promise<void> => {
    for (await settle(); asked.length > 0; await settle()) for (const one of asked.splice(0)) if (!one.signal.aborted) one.answer(say(one));
  };
  const pass = () => later.splice(0).forEach((run) => run());
  return { made, asked, events, records, connections, waits, settle, serve, pass, received: () => nbytes };
}

const view = (change: Partial<View> = {}): View => ({
  image: DESCRIPTION.name, level: 0, region: { y: [0, 512], x: [0, 1024] }, at: {}, channels: [{ index: 0, max_error: 4 }], exact: false, coarser: false, ...change,
}); // prettier-ignore

const packets = (records: readonly Record[]) => records.flatMap((record) => (record.kind === "packet" ? [[record.shard, record.chunk, record.resolution, record.step] as const] : []));
const lowest = (records: readonly Record[], shard: number, chunk: number, resolution: number) => Math.min(...packets(records).flatMap(([s, c, r, step]) => (s === shard && c === chunk && r === resolution ? [step] : [])));

describe("a view of a store", () => {
  it("begins with the front of its shards, tells when each stage is complete, and stops where nothing more can be seen", async () => {
    const { made, asked, events, records, settle, serve, received } = feed();
    expect(made.nextId).toBe(1);
    expect(made.show(view())).toBe(1);
    await settle();
    expect(asked.map(({ key, range }) => [key, range])).toEqual([["0/c/0/0", `0-${FIRST_READ - 1}`]]);
    await serve();
    expect(events).toMatchObject([{ type: "opened", handle: 0 }, { type: "reached", id: 1, step: 2, maxError: 16 }, { type: "reached", id: 1, step: 1, maxError: 4 }, { type: "done", id: 1, exact: false }]);
    expect(records[0]).toMatchObject({ kind: "shard", shard: 0 });
    for (const chunk of [0, 1]) for (const resolution of [0, 1]) expect(lowest(records, 0, chunk, resolution)).toBeLessThanOrEqual(1);
    expect(received()).toBeLessThan(OBJECT.length); // gaps of step 0 are longer than a request is worth
  });

  it("lets fine detail end early, but not where all is asked for", async () => {
    const { made, events, records, serve } = feed();
    made.show(view({ spare: 1 }));
    await serve();
    expect(events.slice(1)).toMatchObject([{ type: "reached", step: 2, maxError: 16 }, { type: "reached", step: 1, maxError: Infinity }, { type: "done", exact: false }]);
    for (const chunk of [0, 1]) expect([1, 0].map((resolution) => lowest(records, 0, chunk, resolution))).toEqual([1, 2]);
    made.show(view({ spare: 1, exact: true }));
    await serve();
    expect(events.at(-1)).toMatchObject({ type: "done", exact: true });
    for (const chunk of [0, 1]) expect(lowest(records, 0, chunk, 0)).toBe(0);
  });

  it("hands packets on in an order that decoders take, and no byte comes twice", async () => {
    const { made, asked, records, settle, received } = feed();
    made.show(view({ exact: true }));
    // The answers come in the wrong order.
    for (await settle(); asked.length > 0; await settle()) {
      const last = asked.pop()!;
      last.answer(ranged(last.range));
    }
    const steps = new Map<string, number>();
    for (const [, chunk, resolution, step] of packets(records)) {
      const known = (r: number) => steps.get(`${chunk}/${r}`) ?? 3;
      expect(step, `${chunk}: ${resolution}, ${step}`).toBe(known(resolution) - 1);
      if (resolution === 0) expect(known(1)).toBeLessThanOrEqual(Math.min(step + 1, 2));
      steps.set(`${chunk}/${resolution}`, step);
    }
    expect([...steps.values()]).toEqual([0, 0, 0, 0]);
    expect(received()).toBe(OBJECT.length);
  });

  it("gives way to the next one: what that wants comes, what it does not want is not waited for", async () => {
    const { made, asked, events, records, settle, serve } = feed();
    made.show(view());
    await settle();
    const [old] = asked.splice(0);
    made.show(view({ region: { y: [0, 512], x: [1024, 2048] } }));
    await settle();
    expect(old!.signal.aborted).toBe(true);
    expect(asked.map(({ key }) => key)).toEqual(["0/c/0/1"]);
    await serve();
    expect(events.filter(({ type }) => type === "done")).toMatchObject([{ id: 2 }]);
    expect(new Set(packets(records).map(([shard]) => shard))).toEqual(new Set([1]));
    made.show(view({ region: { y: [0, 512], x: [1024, 1500] } })); // all of it is there
    await serve();
    expect(events.at(-1)).toMatchObject({ type: "done", id: 3 });
  });

  it("reads again what was forgotten", async () => {
    const { made, records, serve, received } = feed();
    made.show(view({ exact: true }));
    await serve();
    const before = received();
    made.forget(DESCRIPTION.name, [[0, 0, 1]]);
    records.splice(0);
    made.show(view({ exact: true }));
    await serve();
    expect(new Set(packets(records).map(([, chunk]) => chunk))).toEqual(new Set([1]));
    expect(packets(records).length).toBe(6);
    expect(received() - before).toBeLessThanOrEqual(6 * PACKET);
  });

  it("of an object that is not there is fill, and exact", async () => {
    const { made, events, records, serve } = feed();
    made.show(view());
    await serve(() => new Response(null, { status: 404 }));
    expect(records).toEqual([{ kind: "shardAbsent", array: 0, shard: 0 }]);
    expect(events.at(-1)).toMatchObject({ type: "done", id: 1, exact: true });
  });

  it("ends when it is closed", async () => {
    const { made, asked, events, records, settle } = feed();
    made.show(view());
    await settle();
    made.close();
    await settle();
    expect(asked[0]!.signal.aborted).toBe(true);
    expect([events.length, records.length]).toEqual([1, 0]); // it had said that the image is open
  });
});

describe("a store in trouble", () => {
  it("is asked again, later each time, and all it said is kept", async () => {
    const { made, events, connections, waits, serve, pass, received } = feed();
    made.show(view({ exact: true }));
    const busy = ({ range }: Asked) => (range === `0-${FIRST_READ - 1}` ? ranged(range) : new Response(null, { status: 503 }));
    await serve(busy);
    expect(connections).toEqual([false]);
    pass();
    await serve(busy);
    expect(waits).toEqual([waits[0], 2 * waits[0]!]);
    pass();
    await serve();
    expect(connections.at(-1)).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "done", exact: true });
    expect(received()).toBe(OBJECT.length);
  });

  it.each([
    ["that knows no ranges refuses the view", () => new Response(OBJECT, { status: 200 }), { shard: undefined, message: "The store sends whole objects when asked for a part: it does not know HTTP ranges." }],
    ["that lets nobody in loses the shard", () => new Response(null, { status: 403 }), { shard: [0, 0], message: "0/c/0/0: The store answered 403." }],
  ])("%s", async (_, say, told) => {
    const { made, events, serve } = feed();
    made.show(view());
    await serve(say);
    expect(events.filter(({ type }) => type === "error")).toMatchObject([told]);
    expect(events.at(-1)).toMatchObject(told.shard === undefined ? { type: "error" } : { type: "done", exact: false });
  });

  it("with a damaged index loses that shard, and the rest is there", async () => {
    let read = 0;
    const index = () => {
      if (read++ === 0) throw new DamagedError("the index is damaged");
      return INDEX;
    };
    const { made, events, records, serve } = feed({ index });
    made.show(view({ region: { y: [0, 512], x: [0, 2048] } }));
    await serve();
    const [error] = events.filter(({ type }) => type === "error");
    expect(error).toMatchObject({ message: expect.stringContaining("the index is damaged") as string });
    expect(new Set(packets(records).map(([shard]) => shard)).size).toBe(1);
    expect(events.at(-1)).toMatchObject({ type: "done", exact: false });
  });

  it("with an object that ends early says so", async () => {
    const { made, events, serve } = feed();
    made.show(view({ exact: true }));
    await serve(({ range }) => ranged(range, OBJECT.subarray(0, 70_000)));
    expect(events.filter(({ type }) => type === "error")).toMatchObject([{ shard: [0, 0], message: "0/c/0/0: the object ends early" }]);
    expect(events.at(-1)).toMatchObject({ type: "done", exact: false });
  });
});

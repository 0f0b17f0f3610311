import { describe, expect, it } from "vitest";
import type { Picture } from "../../../viewer/src/client/refine.ts";
import { Session, type SessionParts } from "../../../viewer/src/client/session.ts";
import { Stream } from "../../../viewer/src/client/stream.ts";
import type { FromWorker } from "../../../viewer/src/client/worker.ts";
import { stack } from "../support/descriptions.ts";
import { FakeNetwork, FakeWorker, MessageBuilder } from "../support/fakes.ts";
import { compileCodec, planePackets, planePixels } from "../support/shards.ts";

const { header, packets } = planePackets();
const half = packets.length >> 1;
const view = { level: 0, region: { y: [0, 130], x: [0, 133] }, at: {}, channels: [{ index: 0, max_error: 0 }], exact: true, coarser: true } as const;

function session(heldBudgetNbytes = 1e9) {
  const network = new FakeNetwork();
  const workers = [new FakeWorker(), new FakeWorker()];
  const pictures: Picture[] = [];
  const troubles: string[] = [];
  const feed: SessionParts["feed"] = (listener) => new Stream(network, listener);
  const parts = { feed, workers, module: compileCodec(), heldBudgetNbytes, decoderBudgetNbytes: 1e9 };
  const made = new Session(stack(), parts, {
    picture: (picture) => pictures.push(picture),
    damaged: (key, message) => troubles.push(`${key}: ${message}`),
    progress: () => undefined,
    connected: () => undefined,
    failed: (error) => troubles.push(error.message),
  });
  const open = (handle: number) => {
    network.socket.onopen!();
    network.socket.say({ type: "opened", image: "stack.zarr", handle });
  };
  const work = () => workers.forEach((worker) => worker.work());
  return { made, network, workers, pictures, troubles, open, work };
}

function message(viewId: number, handle: number, some: typeof packets, ...chunks: number[]): Uint8Array {
  const builder = new MessageBuilder(viewId, handle).header(0, 0, header);
  for (const chunk of chunks) for (const packet of some) builder.packet(0, 0, chunk, packet);
  return builder.build();
}

describe("Session", () => {
  it("turns a view into exact pixels, and knows when all is done", () => {
    const { made, network, pictures, open, work } = session();
    made.show(view, new Map([["0/0/0", 0]]));
    open(1);
    const bytes = message(1, 1, packets, 0);
    network.socket.deliver(bytes);
    expect(made.bytesReceived).toBe(bytes.length);
    expect(made.sent).toBe(false);
    network.socket.say({ type: "done", id: 1, exact: true });
    expect([made.sent, made.settled]).toEqual([true, false]);
    work();
    expect(made.settled).toBe(true);
    expect(pictures.at(-1)!.pixels).toEqual(planePixels());
  });

  it("goes on after a lost connection with what it holds, and takes nothing twice", () => {
    const { made, network, workers, pictures, open, work } = session();
    made.show(view, new Map([["0/0/0", 0]]));
    open(1);
    network.socket.deliver(message(1, 1, packets.slice(0, half), 0));
    network.socket.onclose!();
    network.pass();
    open(9);
    network.socket.deliver(message(1, 9, packets, 0));
    work();
    expect(pictures.at(-1)!.pixels).toEqual(planePixels());
    const given = workers.flatMap((worker) => worker.received.flatMap((to) => (to.type === "packets" ? to.packets : [])));
    expect(given).toHaveLength(packets.length);
  });

  it("tells what it holds when it comes back, so that it is not sent again", () => {
    const { made, network, open } = session();
    made.show(view, new Map([["0/0/0", 0]]));
    open(1);
    expect(network.socket.sent.map(({ type }) => type)).toEqual(["received", "view"]);
    network.socket.deliver(message(1, 1, packets.slice(0, half), 0));
    network.socket.deliver(new MessageBuilder(1, 1).varints(4, 0, 0, 2, 3, 0, 5).build()); // a chunk and a shard that are absent
    network.socket.onclose!();
    network.pass();
    open(9);
    const known = [0, 1, 2, 3].map((resolution) => Math.min(...packets.slice(0, half).flatMap((packet) => (packet.resolution === resolution ? [packet.step] : []))));
    const steps = known.map((step) => (step === Infinity ? null : step));
    const shards = [[0, 0, [[0, ...steps], [2, 0, 0, 0, 0]]]];
    expect(network.socket.sent.slice(1)).toMatchObject([
      { type: "held", image: "stack.zarr", version: "1", shards },
      { type: "held", shards: [[0, 5, []]] },
      { type: "view" },
    ]);
  });

  it("throws away what it holds of a shard that was replaced meanwhile", () => {
    const { made, network, workers, open } = session();
    made.show(view, new Map([["0/0/0", 0]]));
    open(1);
    network.socket.deliver(message(1, 1, packets.slice(0, half), 0));
    const other = header.slice();
    other[76]! ^= 1;
    network.socket.deliver(new MessageBuilder(1, 1).header(0, 0, other).packet(0, 0, 0, packets[0]!).build());
    expect(workers[0]!.received.slice(-3).map(({ type }) => type)).toEqual(["drop", "header", "packets"]);
  });

  it("forgets what was seen longest ago when it holds too much, and takes it again when it comes anew", () => {
    const { made, network, pictures, open, work } = session(1);
    open(1);
    made.show(view, new Map([["0/0/0", 0]]));
    network.socket.deliver(message(1, 1, packets.slice(0, half), 0));
    made.show({ ...view, at: { z: 1 } }, new Map([["0/0/1", 0]]));
    expect(network.socket.sent.filter(({ type }) => type === "forget").at(-1)).toEqual({ type: "forget", image: "stack.zarr", chunks: [[0, 0, 0]] });
    // On the way when it was forgotten: alone it would be taken for all there is.
    network.socket.deliver(message(2, 1, packets.slice(half), 0));
    made.show(view, new Map([["0/0/0", 0]]));
    network.socket.deliver(message(3, 1, packets, 0));
    work();
    expect(pictures.map(({ key }) => key)).toEqual(["0/0/0"]);
    expect(pictures[0]!.pixels).toEqual(planePixels());
  });

  it("knows what absent chunks and shards read as", () => {
    const { made, network, open } = session();
    open(1);
    made.show(view, new Map());
    network.socket.deliver(new MessageBuilder(1, 1).header(0, 0, header).varints(4, 0, 0, 2, 3, 0, 5).build());
    expect([made.fillOf("0/0/2"), made.fillOf("0/5/0"), made.fillOf("0/0/0")]).toEqual([3, 3, undefined]);
  });

  it("takes nothing of another image, and passes on what the server and the workers report", () => {
    const { made, network, workers, troubles, open } = session();
    open(1);
    made.show(view, new Map([["0/0/0", 0]]));
    network.socket.deliver(message(1, 2, packets, 0));
    expect(workers[0]!.received.some(({ type }) => type === "packets")).toBe(false);
    network.socket.say({ type: "error", id: 1, kind: "damaged", message: "a packet is damaged", chunk: [0, 0, 4] });
    network.socket.say({ type: "error", id: 1, kind: "request", message: "no such level" });
    workers[1]!.onmessage!({ data: { type: "failed", message: "something was not loaded" } } as MessageEvent<FromWorker>);
    expect(troubles).toEqual(["0/0/4: a packet is damaged", "no such level", "something was not loaded"]);
    expect(made.sent, "a view that was refused has no other end").toBe(true);
  });

  it("leaves nothing behind", () => {
    const { made, network, workers } = session();
    made.close();
    expect(network.socket.closed).toBe(true);
    expect(workers.every(({ terminated }) => terminated)).toBe(true);
  });
});

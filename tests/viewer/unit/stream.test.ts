import { describe, expect, it } from "vitest";
import type { HeldMessage, ServerEvent, View } from "../../../viewer/src/client/events.ts";
import { Stream } from "../../../viewer/src/client/stream.ts";
import { FakeNetwork, MessageBuilder } from "../support/fakes.ts";

const view = (level: number): View => ({
  image: "a.zarr",
  level,
  region: { y: [0, 1], x: [0, 1] },
  at: {},
  channels: [{ index: 0, max_error: 0 }],
  exact: false,
  coarser: true,
});

const views = (network: FakeNetwork) => network.socket.sent.filter(({ type }) => type === "view");

function stream(held: readonly HeldMessage[] = [], readyState = 0) {
  const network = new FakeNetwork(readyState);
  const events: (ServerEvent | string | boolean)[] = [];
  const made = new Stream(network, {
    message: (message, nbytes) => events.push(`message of view ${message.viewId}, ${nbytes} bytes`),
    event: (event) => events.push(event),
    connected: (connected) => events.push(connected),
    failed: (error) => events.push(error.message),
    held: () => held,
  });
  return { network, events, made };
}

describe("Stream", () => {
  it("sends the newest view when the connection opens, then each as it comes", () => {
    const { network, made } = stream();
    made.show(view(5));
    expect(made.show(view(4))).toBe(2);
    expect(network.socket.sent).toEqual([]);
    network.socket.onopen!();
    made.show(view(3));
    expect(views(network).map(({ id, level }) => [id, level])).toEqual([[2, 4], [3, 3]]);
    expect(views(network)[0]).toEqual({ type: "view", id: 2, ...view(4) });
  });

  it.each([["open", 1, true], ["closed", 3, false]] as const)("takes a connection that is %s already, once it is made", async (_, readyState, connected) => {
    const { network, events, made } = stream([], readyState);
    made.show(view(5));
    expect(events).toEqual([]);
    await Promise.resolve();
    expect(events).toEqual([connected]);
    expect(views(network)).toHaveLength(connected ? 1 : 0);
    expect(network.waits).toEqual(connected ? [] : [250]);
  });

  it("comes back after it was lost, waiting longer each time, and says again what is in view", () => {
    const { network, events, made } = stream();
    made.show(view(1));
    for (let tries = 0; tries < 7; tries++) {
      network.socket.onclose!();
      network.pass();
    }
    expect(network.waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000]);
    network.socket.onopen!();
    expect(views(network)).toHaveLength(1);
    expect(events.at(-1)).toBe(true);
    network.socket.onclose!();
    expect(network.waits.at(-1)).toBe(250);
  });

  it("acknowledges what came on this connection, and tells what is held before it asks", () => {
    const held = { type: "held", image: "a.zarr", version: "1", shards: [[0, 0, []]] } as const;
    const { network, made } = stream([held]);
    made.show(view(1));
    network.socket.onopen!();
    expect(network.socket.sent.map(({ type }) => type)).toEqual(["received", "held", "view"]);
    network.socket.deliver(new MessageBuilder(1, 1).build());
    network.socket.deliver(new MessageBuilder(300, 1).build());
    network.socket.say({ type: "done", id: 1, exact: true });
    expect(network.socket.sent.slice(3)).toEqual([{ type: "received", nbytes: 2 }, { type: "received", nbytes: 5 }]);
    network.socket.onclose!();
    network.pass();
    network.socket.onopen!();
    expect(network.socket.sent[0]).toEqual({ type: "received", nbytes: 0 });
  });

  it("stays away once closed", () => {
    const { network, made } = stream();
    made.close();
    network.socket.onclose?.();
    network.pass();
    expect(network.sockets).toHaveLength(1);
    expect(network.socket.closed).toBe(true);
  });

  it("hands on messages and events, and goes on after what it cannot read", () => {
    const { network, events } = stream();
    network.socket.onopen!();
    network.socket.deliver(new MessageBuilder(4, 1).build());
    network.socket.deliver(new Uint8Array([4, 1, 99, 0, 0]));
    network.socket.say({ type: "done", id: 4, exact: true });
    expect(events.slice(1)).toEqual(["message of view 4, 2 bytes", "record 99 is not known", { type: "done", id: 4, exact: true }]);
  });

  it("forgets only what a server can remember", () => {
    const { network, made } = stream();
    made.forget("a.zarr", [[0, 1, 2]]);
    network.socket.onopen!();
    made.forget("a.zarr", []);
    made.forget("a.zarr", [[0, 1, 2]]);
    expect(network.socket.sent.slice(1)).toEqual([{ type: "forget", image: "a.zarr", chunks: [[0, 1, 2]] }]);
  });
});

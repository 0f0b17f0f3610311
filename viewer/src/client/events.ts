/** The JSON messages of the view stream, both ways: docs/protocol.md, "The view stream". */
import { Checked } from "./check.ts";
import { ProtocolError } from "./errors.ts";

/** array, shard, chunk */
export type ChunkAddress = readonly [number, number, number];

export interface Region {
  /** Pixels of level 0, half open. */
  readonly y: readonly [number, number];
  readonly x: readonly [number, number];
}

export interface View {
  readonly image: string;
  readonly level: number;
  readonly region: Region;
  readonly at: { readonly [axis: string]: number };
  readonly channels: readonly { readonly index: number; readonly max_error: number }[];
  readonly exact: boolean;
  readonly coarser: boolean;
  /** Steps before `max_error` at which the finest detail ends, each coarser octave one less. */
  readonly spare?: number;
}

/** What is held of a shard: of each chunk the lowest step of every resolution, null where nothing is. */
export type HeldShard = readonly [array: number, shard: number, chunks: readonly (readonly [chunk: number, ...steps: (number | null)[]])[]];

export interface HeldMessage {
  readonly type: "held";
  readonly image: string;
  readonly version: string;
  readonly shards: readonly HeldShard[];
}

export interface ErrorEvent {
  readonly type: "error";
  /** The view it is about, if it is about one. */
  readonly id: number | undefined;
  readonly kind: string;
  readonly message: string;
  /** Where only a chunk or a shard (array, shard) cannot be had: all else goes on. With neither, the view was refused. */
  readonly chunk: ChunkAddress | undefined;
  readonly shard: readonly [number, number] | undefined;
}

export type ServerEvent =
  | { readonly type: "opened"; readonly image: string; readonly handle: number; readonly version: string | undefined; readonly held: number }
  | { readonly type: "reached"; readonly id: number; readonly step: number; readonly maxError: number }
  | { readonly type: "done"; readonly id: number; readonly exact: boolean }
  | ErrorEvent
  | { readonly type: "other" };

const fail = (message: string): ProtocolError => new ProtocolError(message);

/** Events of a kind that is not known yet are `other`, so that a newer server can say more. */
export function parseEvent(text: string): ServerEvent {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw fail("an event is not JSON");
  }
  const event = new Checked(json, "event", fail);
  switch (event.at("type").string()) {
    case "opened":
      return {
        type: "opened",
        image: event.at("image").string(),
        handle: event.at("handle").whole(),
        version: event.at("version").missing ? undefined : event.at("version").string(),
        held: event.at("held").missing ? 0 : event.at("held").whole(),
      };
    case "reached": {
      const maxError = event.at("max_error").number();
      return { type: "reached", id: event.at("id").whole(), step: event.at("step").whole(), maxError };
    }
    case "done":
      return { type: "done", id: event.at("id").whole(), exact: event.at("exact").boolean() };
    case "error":
      return {
        type: "error",
        id: event.at("id").missing ? undefined : event.at("id").whole(),
        kind: event.at("kind").string(),
        message: event.at("message").string(),
        chunk: address(event.at("chunk"), 3) as unknown as ChunkAddress | undefined,
        shard: address(event.at("shard"), 2) as unknown as readonly [number, number] | undefined,
      };
    default:
      return { type: "other" };
  }
}

function address(item: Checked, length: number): readonly number[] | undefined {
  return item.missing ? undefined : item.list(length).map((part) => part.whole());
}

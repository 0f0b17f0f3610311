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
}

export type ServerEvent =
  | { readonly type: "opened"; readonly image: string; readonly handle: number }
  | { readonly type: "reached"; readonly id: number; readonly step: number; readonly maxError: number }
  | { readonly type: "done"; readonly id: number; readonly exact: boolean }
  | { readonly type: "error"; readonly kind: string; readonly message: string; readonly chunk: ChunkAddress | undefined }
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
      return { type: "opened", image: event.at("image").string(), handle: event.at("handle").whole() };
    case "reached": {
      const maxError = event.at("max_error").number();
      return { type: "reached", id: event.at("id").whole(), step: event.at("step").whole(), maxError };
    }
    case "done":
      return { type: "done", id: event.at("id").whole(), exact: event.at("exact").boolean() };
    case "error": {
      const chunk = event.at("chunk");
      return {
        type: "error",
        kind: event.at("kind").string(),
        message: event.at("message").string(),
        chunk: chunk.missing ? undefined : (chunk.list(3).map((part) => part.whole()) as unknown as ChunkAddress),
      };
    }
    default:
      return { type: "other" };
  }
}

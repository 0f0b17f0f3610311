/** Where packets come from: a server's stream, or a store's bytes. A session does not know which. */
import type { ZigguratError } from "./errors.ts";
import type { ChunkAddress, HeldMessage, ServerEvent, View } from "./events.ts";
import type { Message } from "./records.ts";

export interface FeedListener {
  /** What is held already, in messages that are not too long: asked for when a connection begins anew. */
  held(): readonly HeldMessage[];
  /** @param nbytes what it cost on the wire */
  message(message: Message, nbytes: number): void;
  event(event: ServerEvent): void;
  connected(connected: boolean): void;
  /** What came cannot be understood; the feed goes on. */
  failed(error: ZigguratError): void;
}

export interface Feed {
  /** The id that the next view will have. Packets sent for it or later ones come after everything that is said now. */
  readonly nextId: number;
  /** Replaces the view. @returns its id */
  show(view: View): number;
  /** These chunks were thrown away: they are sent again when a later view wants them. */
  forget(image: string, chunks: readonly ChunkAddress[]): void;
  close(): void;
}

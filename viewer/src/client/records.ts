/** The binary messages of the view stream: docs/protocol.md, "Server to client". */
import { ProtocolError } from "./errors.ts";
import { Cursor } from "./varint.ts";

/** codecs/SPEC.md, section 2: of a header at least and at most, and the byte that tells how many it has. */
export const HEADER_NBYTES = { least: 80, most: 128, at: 15 } as const;
/** The byte that holds the coding, and what is added to it where a table of codes follows the header. */
const CODING_AT = 7;
const TABLE = 16;

export interface ShardHeader {
  readonly kind: "shard";
  readonly array: number;
  readonly shard: number;
  /** Its bytes, and its table of codes if it has one. */
  readonly header: Uint8Array;
}

export interface ShardAbsent {
  readonly kind: "shardAbsent";
  readonly array: number;
  readonly shard: number;
}

export interface Packet {
  readonly kind: "packet";
  readonly array: number;
  readonly shard: number;
  readonly chunk: number;
  readonly resolution: number;
  readonly step: number;
  /** As stored, its checksum included; a view into the message. Empty: this step says nothing new. */
  readonly bytes: Uint8Array;
}

export interface ChunkAbsent {
  readonly kind: "chunkAbsent";
  readonly array: number;
  readonly shard: number;
  readonly chunk: number;
}

export type Record = ShardHeader | ShardAbsent | Packet | ChunkAbsent;

export interface Message {
  readonly viewId: number;
  readonly handle: number;
  readonly records: Record[];
}

/** @throws ProtocolError for anything but a whole, well-formed message. */
export function parseMessage(bytes: Uint8Array): Message {
  const cursor = new Cursor(bytes);
  const viewId = cursor.varint();
  const handle = cursor.varint();
  const records: Record[] = [];
  while (!cursor.atEnd) records.push(parseRecord(cursor));
  return { viewId, handle, records };
}

/** A header and, where it has one, its table of codes, which begins with its size: codecs/SPEC.md, section 5. */
export function takeHeader(cursor: Cursor): Uint8Array {
  const nbytes = cursor.ahead(HEADER_NBYTES.at);
  if (nbytes < HEADER_NBYTES.least) throw new ProtocolError(`a header of ${nbytes} bytes is too short`);
  const header = cursor.take(nbytes);
  if (header[CODING_AT]! < TABLE) return header;
  const size = cursor.take(4);
  const codes = cursor.take(size.reduceRight((number, byte) => number * 256 + byte, 0));
  return Uint8Array.from([...header, ...size, ...codes]);
}

function parseRecord(cursor: Cursor): Record {
  const code = cursor.varint();
  const array = cursor.varint();
  const shard = cursor.varint();
  switch (code) {
    case 1:
      return { kind: "shard", array, shard, header: takeHeader(cursor) };
    case 2: {
      const chunk = cursor.varint();
      const resolution = cursor.varint();
      const step = cursor.varint();
      return { kind: "packet", array, shard, chunk, resolution, step, bytes: cursor.take(cursor.varint()) };
    }
    case 3:
      return { kind: "shardAbsent", array, shard };
    case 4:
      return { kind: "chunkAbsent", array, shard, chunk: cursor.varint() };
    default:
      throw new ProtocolError(`record ${code} is not known`);
  }
}

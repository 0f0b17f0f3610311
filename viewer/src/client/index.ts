/** The client library: describes, streams, holds, decodes and refines images. Draws nothing, and needs no DOM. */
export type { ChunkDecoder, Codec, Pixels } from "./codec.ts";
export { parseDescription, type Channel, type Description, type Dtype, type Level, type StoredArray } from "./description.ts";
export { DamagedError, DescriptionError, ProtocolError, RequestError, StoreError, ZigguratError } from "./errors.ts";
export type { ChunkAddress, Region, View } from "./events.ts";
export type { Feed, FeedListener } from "./feed.ts";
export { chunksInRegion, levelSize, planeOf, type At, type ChunkKey, type ChunkPlace } from "./geometry.ts";
export { Server, type Listed } from "./http.ts";
export type { WorkerLike } from "./pool.ts";
export { Refiner, type HeldPacket, type Picture } from "./refine.ts";
export { Session, type SessionListener, type SessionParts } from "./session.ts";
export { isAddress } from "./address.ts";
export { openStore, type OpenedStore, type StoreWays } from "./store/open.ts";
export { Stream, type Socket, type StreamWays } from "./stream.ts";
export { loadCodec } from "./wasm.ts";

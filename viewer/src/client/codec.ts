/** What the client needs of a decoder, whatever decodes: `wasm.ts` is the one that is shipped. */

export type Pixels = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array;

export interface Codec {
  /**
   * Starts a chunk of which nothing is known.
   * @param header the shard's header bytes, and its table of codes where it has one
   * @throws DamagedError where the header is not valid, has no such chunk, or is of a coding that the codec does not have
   */
  decoder(header: Uint8Array, chunk: number): ChunkDecoder;
}

/** What is known of one chunk. Bad bytes never change it: it throws DamagedError and stays as it was. */
export interface ChunkDecoder {
  readonly height: number;
  readonly width: number;
  readonly components: number;
  readonly resolutions: number;
  /** Memory that it holds until it is freed. */
  readonly nbytes: number;
  /** The step down to which a resolution is known; Infinity when not at all. */
  knownTo(resolution: number): number;
  /** Takes the packet as stored. Every packet of the resolution at a higher step that was not fed is empty. */
  feed(resolution: number, step: number, packet: Uint8Array): void;
  /**
   * The chunk at a level: components × ceil(height / 2^level) × ceil(width / 2^level), in C order. Floats of every size come as 32
   * bits, integers of 64 bits as 32 where all fit.
   */
  reconstruct(level: number): Pixels;
  /** Bounds |decoded − exact| at that level, in the data's units: codecs/SPEC.md, section 10. */
  error(level: number): number;
  free(): void;
}

/** The codec of a worker: by the module that is there, and for other codings than means by one that is loaded when the first of them comes. */
import type { ChunkDecoder, Codec } from "./codec.ts";
import { RequestError } from "./errors.ts";
import { loadCodec } from "./wasm.ts";

/** Where the module comes from that decodes every coding. */
export type LoadModule = () => Promise<WebAssembly.Module>;

/** codecs/SPEC.md, section 2: means, and means of colours. Beside the coding stands whether there is a table of codes. */
const isMeans = (header: Uint8Array): boolean => (header[7]! & 15) < 2;

export class Cores implements Codec {
  private readonly means: Codec;
  private all: Codec | undefined;
  private failure: RequestError | undefined;

  /** @param load left out where `module` decodes every coding itself */
  constructor(
    module: WebAssembly.Module,
    private readonly load?: LoadModule,
  ) {
    this.means = loadCodec(module);
    if (load === undefined) this.all = this.means;
  }

  /** @returns what to wait for before chunks of this shard are decoded; undefined if nothing. It never fails: `decoder` tells. */
  prepare(header: Uint8Array): Promise<void> | undefined {
    return this.all === undefined && !isMeans(header) ? this.loadAll() : undefined;
  }

  /** @throws RequestError where what decodes the shard could not be loaded; else as every codec */
  decoder(header: Uint8Array, chunk: number): ChunkDecoder {
    if (isMeans(header)) return this.means.decoder(header, chunk);
    if (this.all === undefined) throw this.failure!;
    return this.all.decoder(header, chunk);
  }

  private async loadAll(): Promise<void> {
    try {
      this.all = loadCodec(await this.load!());
    } catch (error) {
      this.failure = new RequestError(`The decoder of these pixels was not loaded: ${error instanceof Error ? error.message : String(error)}`, 0);
    }
  }
}

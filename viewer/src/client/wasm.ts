/** The decoder that is shipped: the codec core in WebAssembly. */
import type { ChunkDecoder, Codec, Pixels } from "./codec.ts";
import { allocate, check, FIELD, withBytes, type Core } from "./core.ts";

/** By the header's dtype, from 1 on, as `zgr_wasm_decoder_reconstruct_picture` writes them. */
const ARRAYS = [
  Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Uint32Array, Int32Array, Float32Array, Float32Array, Float32Array, Uint8Array,
] as const; // prettier-ignore

/** One instance, for one worker. */
export function loadCodec(module: WebAssembly.Module): Codec {
  const core = new WebAssembly.Instance(module, {}).exports as unknown as Core;
  return { decoder: (header, chunk) => new WasmDecoder(core, header, chunk) };
}

class WasmDecoder implements ChunkDecoder {
  readonly height: number;
  readonly width: number;
  readonly components: number;
  readonly resolutions: number;
  readonly nbytes: number;
  private readonly firstStep: number;
  private readonly array: (typeof ARRAYS)[number];
  private readonly pointer: number;

  constructor(
    private readonly core: Core,
    header: Uint8Array,
    chunk: number,
  ) {
    this.pointer = withBytes(core, header, (data) => {
      check(core.zgr_wasm_header_parse(data, header.length));
      return core.zgr_wasm_decoder_new(data, header.length, chunk);
    });
    if (this.pointer === 0) check(core.zgr_wasm_last_status());
    this.components = core.zgr_wasm_header_field(FIELD.components);
    this.resolutions = core.zgr_wasm_header_field(FIELD.resolutions);
    this.firstStep = core.zgr_wasm_header_field(FIELD.firstStep);
    this.array = ARRAYS[core.zgr_wasm_header_field(FIELD.dtype) - 1]!;
    this.height = core.zgr_wasm_decoder_height(this.pointer, 0);
    this.width = core.zgr_wasm_decoder_width(this.pointer, 0);
    this.nbytes = core.zgr_wasm_decoder_nbytes(this.pointer);
  }

  knownTo(resolution: number): number {
    const step = this.core.zgr_wasm_decoder_step(this.pointer, resolution);
    return step > this.firstStep ? Infinity : step;
  }

  feed(resolution: number, step: number, packet: Uint8Array): void {
    const { core, pointer } = this;
    check(withBytes(core, packet, (data) => core.zgr_wasm_decoder_add(pointer, resolution, step, data, packet.length)));
  }

  reconstruct(level: number): Pixels {
    const { core, pointer } = this;
    const [height, width] = [core.zgr_wasm_decoder_height(pointer, level), core.zgr_wasm_decoder_width(pointer, level)];
    const count = this.components * height * width;
    const nbytes = count * this.array.BYTES_PER_ELEMENT;
    const pixels = allocate(core, nbytes);
    try {
      check(core.zgr_wasm_decoder_reconstruct_picture(pointer, level, pixels, nbytes));
      return new this.array(core.memory.buffer, pixels, count).slice();
    } finally {
      core.zgr_wasm_free(pixels);
    }
  }

  error(level: number): number {
    return this.core.zgr_wasm_decoder_error(this.pointer, level);
  }

  free(): void {
    this.core.zgr_wasm_decoder_free(this.pointer);
  }
}

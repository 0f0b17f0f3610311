/** The codec core in WebAssembly: codecs/wasm/README.md lists what it exports. */
import type { ChunkDecoder, Codec, Pixels } from "./codec.ts";
import { DamagedError } from "./errors.ts";
import type { ShardIndex } from "./plan.ts";
import { HEADER_NBYTES } from "./records.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  zgr_wasm_alloc(nbytes: number): number;
  zgr_wasm_free(pointer: number): void;
  zgr_wasm_last_status(): number;
  zgr_wasm_header_parse(data: number, nbytes: number): number;
  zgr_wasm_header_field(field: number): number;
  zgr_wasm_index_parse(index: number, nbytes: number, offsets: number, lengths: number, present: number): number;
  zgr_wasm_error_beyond(level: number, step: number): number;
  zgr_wasm_decoder_new(header: number, nbytes: number, ordinal: number): number;
  zgr_wasm_decoder_free(decoder: number): void;
  zgr_wasm_decoder_nbytes(decoder: number): number;
  zgr_wasm_decoder_add(decoder: number, resolution: number, step: number, packet: number, nbytes: number): number;
  zgr_wasm_decoder_step(decoder: number, resolution: number): number;
  zgr_wasm_decoder_error(decoder: number, level: number): number;
  zgr_wasm_decoder_height(decoder: number, level: number): number;
  zgr_wasm_decoder_width(decoder: number, level: number): number;
  zgr_wasm_decoder_reconstruct_picture(decoder: number, level: number, pixels: number, nbytes: number): number;
}

const FIELD = { dtype: 0, components: 1, resolutions: 4, firstStep: 5, indexNbytes: 18, chunks: 23 } as const;

/** By the header's dtype, from 1 on, as `zgr_wasm_decoder_reconstruct_picture` writes them. */
const ARRAYS = [
  Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Uint32Array, Int32Array, Float32Array, Float32Array, Float32Array, Uint8Array,
] as const; // prettier-ignore

const STATUS = [
  "", "the header is cut short", "this is not a shard", "the shard is of another version", "the header is damaged",
  "a header field is not valid", "the index is damaged", "the index is not valid", "a packet's checksum does not match", "a packet is not valid",
  "a packet came before the one it follows", "the shard has no such chunk", "memory is short", "a value does not fit into 32 bits",
]; // prettier-ignore

const SPACE = 12;

function check(status: number): void {
  if (status === 0) return;
  const message = STATUS[status] ?? `status ${status}`;
  throw status === SPACE ? new Error(message) : new DamagedError(message);
}

/** One instance, for one worker. */
export const loadCodec = (module: WebAssembly.Module): Codec => codecOf(new WebAssembly.Instance(module, {}));

/** The same where a browser must not be kept waiting. */
export const loadCodecLater = async (module: WebAssembly.Module): Promise<Codec> => codecOf(await WebAssembly.instantiate(module, {}));

function codecOf(instance: WebAssembly.Instance): Codec {
  const core = instance.exports as unknown as Exports;
  return {
    decoder: (header, chunk) => new WasmDecoder(core, header, chunk),
    frontNbytes: (header) => HEADER_NBYTES + parseHeader(core, header)(FIELD.indexNbytes),
    index: (front) => parseIndex(core, front),
  };
}

/** @returns the fields of the header */
function parseHeader(core: Exports, front: Uint8Array): (field: number) => number {
  withBytes(core, front.subarray(0, HEADER_NBYTES), (data) => check(core.zgr_wasm_header_parse(data, Math.min(front.length, HEADER_NBYTES))));
  return (field) => core.zgr_wasm_header_field(field);
}

function parseIndex(core: Exports, front: Uint8Array): ShardIndex {
  const field = parseHeader(core, front);
  const [resolutions, firstStep, chunks] = [field(FIELD.resolutions), field(FIELD.firstStep), field(FIELD.chunks)];
  const count = chunks * resolutions * (firstStep + 1);
  const out = allocate(core, 12 * count + chunks);
  try {
    withBytes(core, front.subarray(HEADER_NBYTES), (data) =>
      check(core.zgr_wasm_index_parse(data, front.length - HEADER_NBYTES, out, out + 8 * count, out + 12 * count)),
    );
    const { buffer } = core.memory;
    const bound = (level: number) => Array.from({ length: firstStep + 1 }, (_, step) => core.zgr_wasm_error_beyond(level, step));
    return {
      resolutions,
      firstStep,
      chunks,
      offsets: new Float64Array(buffer, out, count).slice(),
      lengths: new Uint32Array(buffer, out + 8 * count, count).slice(),
      present: new Uint8Array(buffer, out + 12 * count, chunks).slice(),
      errors: Array.from({ length: resolutions }, (_, level) => bound(level)),
    };
  } finally {
    core.zgr_wasm_free(out);
  }
}

/** Runs with a copy of some bytes in the core's memory. */
function withBytes<T>(core: Exports, bytes: Uint8Array, run: (pointer: number) => T): T {
  const pointer = allocate(core, bytes.length);
  try {
    new Uint8Array(core.memory.buffer).set(bytes, pointer); // the buffer is another one after each growth
    return run(pointer);
  } finally {
    core.zgr_wasm_free(pointer);
  }
}

function allocate(core: Exports, nbytes: number): number {
  const pointer = core.zgr_wasm_alloc(Math.max(1, nbytes));
  if (pointer === 0) check(SPACE);
  return pointer;
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
    private readonly core: Exports,
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

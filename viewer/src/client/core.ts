/** The codec core in WebAssembly, what it exports (codecs/wasm/README.md), and how bytes get into it. */
import { DamagedError } from "./errors.ts";
import { HEADER_NBYTES } from "./records.ts";

export interface Core {
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

export const FIELD = { dtype: 0, components: 1, resolutions: 4, firstStep: 5, coarseStep: 6, indexNbytes: 18, chunks: 23 } as const;

const STATUS = [
  "", "the header is cut short", "this is not a shard", "the shard is of another version", "the header is damaged",
  "a header field is not valid", "the index is damaged", "the index is not valid", "a packet's checksum does not match", "a packet is not valid",
  "a packet came before the one it follows", "the shard has no such chunk", "memory is short", "a value does not fit into 32 bits", "the codec that was loaded does not have this coding",
]; // prettier-ignore

const SPACE = 12;

export function check(status: number): void {
  if (status === 0) return;
  const message = STATUS[status] ?? `status ${status}`;
  throw status === SPACE ? new Error(message) : new DamagedError(message);
}

/** @returns the fields of the header */
export function parseHeader(core: Core, front: Uint8Array): (field: number) => number {
  withBytes(core, front.subarray(0, HEADER_NBYTES.most), (data) => check(core.zgr_wasm_header_parse(data, Math.min(front.length, HEADER_NBYTES.most))));
  return (field) => core.zgr_wasm_header_field(field);
}

/** Runs with a copy of some bytes in the core's memory. */
export function withBytes<T>(core: Core, bytes: Uint8Array, run: (pointer: number) => T): T {
  const pointer = allocate(core, bytes.length);
  try {
    new Uint8Array(core.memory.buffer).set(bytes, pointer); // the buffer is another one after each growth
    return run(pointer);
  } finally {
    core.zgr_wasm_free(pointer);
  }
}

export function allocate(core: Core, nbytes: number): number {
  const pointer = core.zgr_wasm_alloc(Math.max(1, nbytes));
  if (pointer === 0) check(SPACE);
  return pointer;
}

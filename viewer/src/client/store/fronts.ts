/** Reads the fronts of shards: by the codec core, in an instance of its own. */
import { allocate, check, FIELD, parseHeader, withBytes, type Core } from "../core.ts";
import type { ShardIndex } from "../plan.ts";
import { DamagedError } from "../errors.ts";
import { HEADER_NBYTES } from "../records.ts";

const headerNbytes = (front: Uint8Array): number => front[HEADER_NBYTES.at]!;

export interface Fronts {
  /** How many bytes the header and the index take at the front of a shard. @throws DamagedError where the header is not valid */
  nbytes(header: Uint8Array): number;
  /** @param front header and index @throws DamagedError where they are not valid */
  index(front: Uint8Array): ShardIndex;
}

/** Compiled already; started where a browser must not be kept waiting. */
export async function loadFronts(module: WebAssembly.Module): Promise<Fronts> {
  const core = (await WebAssembly.instantiate(module, {})).exports as unknown as Core;
  return { nbytes: (header) => frontNbytes(header, parseHeader(core, header)), index: (front) => parseIndex(core, front) };
}

/** Of a shard that lies step by step (codecs/SPEC.md, section 4) only the whole object tells where its packets are. */
const BY_STEPS = 255;

function frontNbytes(header: Uint8Array, field: (field: number) => number): number {
  if (field(FIELD.coarseStep) === BY_STEPS) throw new DamagedError("the shard lies step by step, and is not made to be read in parts; a server can show it");
  return headerNbytes(header) + field(FIELD.indexNbytes);
}

function parseIndex(core: Core, front: Uint8Array): ShardIndex {
  const field = parseHeader(core, front);
  const [resolutions, firstStep, chunks] = [field(FIELD.resolutions), field(FIELD.firstStep), field(FIELD.chunks)];
  const count = chunks * resolutions * (firstStep + 1);
  const out = allocate(core, 12 * count + chunks);
  try {
    withBytes(core, front.subarray(headerNbytes(front)), (data) =>
      check(core.zgr_wasm_index_parse(data, front.length - headerNbytes(front), out, out + 8 * count, out + 12 * count)),
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

// Decodes shards of one chunk with the WebAssembly core: a line of input names a file, a line of output is {"seconds", "sha256"}.
// The seconds are the processor's, as in timing.py.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const HEADER_NBYTES_AT = 15;
const PIXEL_NBYTES = [0, 1, 1, 2, 2, 4, 4]; // by the header's dtype
const FIELD = { dtype: 0, components: 1, resolutions: 4, firstStep: 5 };

const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]), {});
const z = instance.exports;

function check(status) {
  if (status) throw new Error(`status ${status}`);
}

function copied(bytes) {
  const pointer = z.zgr_wasm_alloc(bytes.length);
  new Uint8Array(z.memory.buffer).set(bytes, pointer);
  return pointer;
}

/** Where each packet lies in the object: offsets and lengths by [resolution][step], as arrays of their own. */
function index(front, nbytes, resolutions, steps) {
  const count = resolutions * steps;
  const [offsets, lengths, present] = [8 * count, 4 * count, 1].map((nbytes) => z.zgr_wasm_alloc(nbytes));
  check(z.zgr_wasm_index_parse(front, nbytes, offsets, lengths, present));
  const result = {
    offsets: new Float64Array(z.memory.buffer, offsets, count).slice(),
    lengths: new Uint32Array(z.memory.buffer, lengths, count).slice(),
  };
  for (const p of [offsets, lengths, present]) z.zgr_wasm_free(p);
  return result;
}

/** All pixels of the only chunk, [components][height][width]: a view of the core's memory, with the pointer to free. The object is copied to that
 * once, as a native decoder has it in its memory. */
function decode(bytes) {
  const object = copied(bytes);
  check(z.zgr_wasm_header_parse(object, bytes.length));
  const [dtype, components, resolutions, firstStep] = [FIELD.dtype, FIELD.components, FIELD.resolutions, FIELD.firstStep].map(
    (field) => z.zgr_wasm_header_field(field),
  );
  const { offsets, lengths } = index(object + bytes[HEADER_NBYTES_AT], bytes.length - bytes[HEADER_NBYTES_AT], resolutions, firstStep + 1);
  const decoder = z.zgr_wasm_decoder_new(object, bytes.length, 0);
  for (let r = resolutions - 1; r >= 0; r--) {
    for (let t = firstStep; t >= 0; t--) {
      const at = r * (firstStep + 1) + t;
      if (lengths[at]) check(z.zgr_wasm_decoder_add(decoder, r, t, object + offsets[at], lengths[at]));
    }
    check(z.zgr_wasm_decoder_skip_to(decoder, r, 0));
  }
  const nbytes = PIXEL_NBYTES[dtype] * components * z.zgr_wasm_decoder_height(decoder, 0) * z.zgr_wasm_decoder_width(decoder, 0);
  const pixels = z.zgr_wasm_alloc(nbytes);
  check(z.zgr_wasm_decoder_reconstruct(decoder, 0, pixels, nbytes));
  z.zgr_wasm_decoder_free(decoder);
  z.zgr_wasm_free(object);
  return { pixels, view: new Uint8Array(z.memory.buffer, pixels, nbytes) };
}

for await (const path of createInterface({ input: process.stdin })) {
  const object = readFileSync(path);
  const start = process.cpuUsage();
  const { pixels, view } = decode(object);
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  console.log(JSON.stringify({ seconds, sha256: createHash("sha256").update(view).digest("hex") }));
  z.zgr_wasm_free(pixels);
}

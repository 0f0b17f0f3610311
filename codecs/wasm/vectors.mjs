// Decodes every vector with ziggurat.wasm, and compares with what manifest.json pins: node vectors.mjs [WASM [means]]
// With `means`, as of ziggurat-means.wasm, codings other than 0 and 1 are to be refused, but not before their chunks.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const here = new URL(".", import.meta.url);
const vectors = new URL("../vectors/", here);
const wasm = process.argv[2] ?? new URL("ziggurat.wasm", here);
const { instance } = await WebAssembly.instantiate(readFileSync(wasm), {});
const z = instance.exports;
const manifest = JSON.parse(readFileSync(new URL("manifest.json", vectors), "utf8"));
const HEADER_NBYTES_AT = 15;
const reasons = ["ok", "truncated", "magic", "version", "header_crc", "field", "index_crc", "index", "packet_crc", "packet", "order", "argument", "space", "value", "coding"];
const fields = ["dtype", "components", "coding", "decompositions", "resolutions", "firstStep", "coarseStep", "planes", "height", "width", "chunkHeight",
  "chunkWidth", "extentHeight", "extentWidth", "fill", "offset", "divisor", "span", "indexNbytes", "indexCrc", "headerCrc", "gridHeight", "gridWidth", "chunks"];
const arrays = [null, Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array,
  BigUint64Array, BigInt64Array, Uint16Array, Float32Array, Float64Array, Uint8Array]; // a float16 is its bits
const isDecoded = (data) => process.argv[3] !== "means" || (data[7] & 15) <= 1;
const read = (folder, name) => new Uint8Array(readFileSync(new URL(`${folder}/${name}.zgrt`, vectors)));
const levelSize = (size, level) => Math.ceil(size / 2 ** level);

const failures = [];
class Refused extends Error {}
const check = (status) => { if (status) throw new Refused(reasons[status]); };

function withCopy(bytes, use) {
  const pointer = z.zgr_wasm_alloc(bytes.length);
  new Uint8Array(z.memory.buffer).set(bytes, pointer);
  try {
    return use(pointer, bytes.length);
  } finally {
    z.zgr_wasm_free(pointer);
  }
}

function parse(data) {
  withCopy(data, (pointer, nbytes) => check(z.zgr_wasm_header_parse(pointer, nbytes)));
  const header = Object.fromEntries(fields.map((name, field) => [name, z.zgr_wasm_header_field(field)]));
  const steps = header.firstStep + 1, count = header.chunks * header.resolutions * steps;
  const headerNbytes = data[HEADER_NBYTES_AT], index = data.subarray(headerNbytes);
  const offsetsAt = z.zgr_wasm_alloc(count * 8), lengthsAt = z.zgr_wasm_alloc(count * 4), presentAt = z.zgr_wasm_alloc(header.chunks);
  withCopy(index, (pointer, nbytes) => check(z.zgr_wasm_index_parse(pointer, nbytes, offsetsAt, lengthsAt, presentAt)));
  if (data.length > z.zgr_wasm_object_nbytes()) throw new Refused("index");
  const table = { header, steps, offsets: new Float64Array(z.memory.buffer, offsetsAt, count).slice(),
    lengths: new Uint32Array(z.memory.buffer, lengthsAt, count).slice(), present: new Uint8Array(z.memory.buffer, presentAt, header.chunks).slice() };
  for (const pointer of [offsetsAt, lengthsAt, presentAt]) z.zgr_wasm_free(pointer);
  return table;
}

function decoderOf(data, chunk) {
  const decoder = withCopy(data, (pointer, nbytes) => z.zgr_wasm_decoder_new(pointer, nbytes, chunk));
  if (!decoder) check(z.zgr_wasm_last_status());
  return decoder;
}

function packetOf(data, { header, steps, offsets, lengths }, chunk, resolution, step) {
  const entry = (chunk * header.resolutions + resolution) * steps + step;
  return offsets[entry] + lengths[entry] > data.length ? null : data.subarray(offsets[entry], offsets[entry] + lengths[entry]);
}

function feedAll(data, table, chunk, decoder, lowest) {
  let cut = null;
  for (let resolution = table.header.resolutions - 1; resolution >= 0; resolution--) {
    for (let step = table.header.firstStep; step >= lowest; step--) {
      const packet = packetOf(data, table, chunk, resolution, step);
      if (!packet) {
        const start = table.offsets[(chunk * table.header.resolutions + resolution) * table.steps + step];
        if (start < data.length) cut = { resolution, step, part: data.subarray(start) };
        break;
      }
      withCopy(packet, (pointer, nbytes) => check(z.zgr_wasm_decoder_add(decoder, resolution, step, pointer, nbytes)));
    }
  }
  if (cut) withCopy(cut.part, (pointer, nbytes) => check(z.zgr_wasm_decoder_add_part(decoder, cut.resolution, cut.step, pointer, nbytes)));
}

/** The fill value to the bit: the 8 bytes at 40 in a header hold it, little-endian. */
function fillOf(data, Pixels) {
  return new Pixels(data.slice(40, 40 + Pixels.BYTES_PER_ELEMENT).buffer)[0];
}

/** What the picture export gives of a chunk is what the exact one gives, as float32 or as 32 bits. */
function comparePicture(name, table, decoder, level, pixels) {
  const { dtype } = table.header, Picture = dtype >= 9 && dtype <= 11 ? Float32Array : dtype === 7 ? Uint32Array : dtype === 8 ? Int32Array : null;
  if (!Picture) return;
  const pointer = z.zgr_wasm_alloc(pixels.length * 4), status = z.zgr_wasm_decoder_reconstruct_picture(decoder, level, pointer, pixels.length * 4);
  const found = new Picture(z.memory.buffer, pointer, pixels.length);
  if (dtype === 7 || dtype === 8) {
    const fits = pixels.every((pixel) => BigInt(new Picture([Number(pixel)])[0]) === pixel);
    expect(`${name} picture`, [status, status ? true : found.every((pixel, i) => BigInt(pixel) === pixels[i])], [fits ? 0 : reasons.indexOf("value"), true]);
  } else {
    const wanted = Float32Array.from(pixels, (pixel) => (dtype === 9 ? half(pixel) : Number.isFinite(pixel) ? clampFloat32(pixel) : pixel));
    expect(`${name} picture`, [status, found.every((pixel, i) => Object.is(pixel, wanted[i]))], [0, true]);
  }
  z.zgr_wasm_free(pointer);
}

const FLOAT32_MAX = (2 - 2 ** -23) * 2 ** 127;
const clampFloat32 = (pixel) => Math.max(-FLOAT32_MAX, Math.min(FLOAT32_MAX, pixel));

function half(bits) {
  const sign = bits >> 15 ? -1 : 1, exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + mantissa) * 2 ** (exponent - 25) : mantissa * 2 ** -24);
}

/** Pixels [planes, components, height, width] of an object or the beginning of one. */
function decode(name, data, level, lowest) {
  const table = parse(data), h = table.header, Pixels = arrays[h.dtype];
  const height = levelSize(h.height, level), width = levelSize(h.width, level);
  const out = new Pixels(h.planes * h.components * height * width).fill(fillOf(data, Pixels));
  for (let chunk = 0; chunk < h.chunks; chunk++) {
    if (!table.present[chunk]) continue;
    const decoder = decoderOf(data, chunk);
    try {
      feedAll(data, table, chunk, decoder, lowest);
      const rows = z.zgr_wasm_decoder_height(decoder, level), columns = z.zgr_wasm_decoder_width(decoder, level);
      const count = h.components * rows * columns, pointer = z.zgr_wasm_alloc(count * Pixels.BYTES_PER_ELEMENT);
      check(z.zgr_wasm_decoder_reconstruct(decoder, level, pointer, count * Pixels.BYTES_PER_ELEMENT));
      const pixels = new Pixels(z.memory.buffer, pointer, count).slice(), row = Math.floor(chunk / h.gridWidth);
      const y = ((row % h.gridHeight) * h.chunkHeight) >> level, x = ((chunk % h.gridWidth) * h.chunkWidth) >> level, plane = Math.floor(row / h.gridHeight);
      for (let c = 0; c < h.components; c++)
        for (let i = 0; i < rows; i++)
          out.set(pixels.subarray((c * rows + i) * columns, (c * rows + i + 1) * columns), ((plane * h.components + c) * height + y + i) * width + x);
      z.zgr_wasm_free(pointer);
      comparePicture(name, table, decoder, level, pixels);
    } finally {
      z.zgr_wasm_decoder_free(decoder);
    }
  }
  return { shape: [h.planes, h.components, height, width], pixels: out };
}

function expect(what, found, wanted) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) failures.push(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
}

function reasonOf(run) {
  try {
    run();
    return "ok";
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

for (const { name, errors, pixels } of manifest.good) {
  const data = read("good", name);
  for (const { nbytes, level, step, shape, sha256 } of pixels) {
    if (!isDecoded(data)) {
      expect(`${name} ${nbytes}`, reasonOf(() => decode(name, data.subarray(0, nbytes), level, step)), "coding");
      continue;
    }
    const found = decode(name, data.subarray(0, nbytes), level, step);
    expect(`${name} ${nbytes} ${level} ${step} shape`, found.shape, shape);
    expect(`${name} ${nbytes} ${level} ${step}`, createHash("sha256").update(new Uint8Array(found.pixels.buffer)).digest("hex"), sha256);
  }
  parse(data);
  errors.forEach((line, level) => expect(`${name} errors ${level}`, line.map((_, step) => z.zgr_wasm_error_bound(level, step)), line));
}
for (const { name, reason } of manifest.bad) {
  const data = read("bad", name), comesToChunks = reason.startsWith("packet");
  expect(name, reasonOf(() => decode(name, data, 0, 0)), isDecoded(data) || !comesToChunks ? reason : "coding");
}
for (const { name, object, chunk, packets, reason } of manifest.sequences) {
  // This interface is told that what lies between two packets, and before the coarser ones a packet builds on, is empty. Sequences of
  // which that is not true are not offered; of the others, what lies behind, does not exist, or is a label too early is refused.
  const data = read("good", object), table = parse(data);
  if (!isDecoded(data)) {
    expect(name, reasonOf(() => decoderOf(data, chunk)), "coding");
    continue;
  }
  const decoder = decoderOf(data, chunk);
  const last = packets.at(-1)[1], previous = packets.at(-2)?.[1] ?? Infinity;
  if (reason === "order" && table.header.coding !== 2 && (last < previous || name.includes("before_the_coarser"))) continue;
  const feed = ([resolution, step]) => {
    const exists = resolution < table.header.resolutions && step <= table.header.firstStep;
    const packet = exists ? packetOf(data, table, chunk, resolution, step) : new Uint8Array();
    withCopy(packet, (pointer, nbytes) => check(z.zgr_wasm_decoder_add(decoder, resolution, step, pointer, nbytes)));
  };
  packets.slice(0, -1).forEach(feed);
  expect(name, reasonOf(() => feed(packets.at(-1))), reason);
  z.zgr_wasm_decoder_free(decoder);
}
const held = z.memory.buffer.byteLength;
console.log(`${manifest.good.length} good, ${manifest.bad.length} bad, ${manifest.sequences.length} sequences; ${held} bytes of memory; ${failures.length} failures`);
for (const failure of failures) console.error(failure);
process.exitCode = failures.length ? 1 : 0;

/** Takes a shard of one chunk apart into its packets: codecs/SPEC.md, sections 2 to 4. */
import { readFileSync } from "node:fs";
import { HEADER_NBYTES } from "../../../viewer/src/client/records.ts";
import type { HeldPacket } from "../../../viewer/src/client/refine.ts";
import { Cursor } from "../../../viewer/src/client/varint.ts";

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));

export const fixture = (name: string): Uint8Array => read(`../fixtures/${name}`);
export const vector = (name: string): Uint8Array => read(`../../../codecs/vectors/good/${name}.zgrt`);

export const PLANE_HEIGHT = 130;
export const PLANE_WIDTH = 133;

/** The pixels that `dna_plane.zgrt` was made of. */
export function planePixels(): Uint16Array {
  return new Uint16Array(fixture("dna_plane.raw").buffer);
}

export function compileCodec(name: "ziggurat" | "ziggurat-means" = "ziggurat"): WebAssembly.Module {
  return new WebAssembly.Module(read(`../../../codecs/wasm/${name}.wasm`) as Uint8Array<ArrayBuffer>);
}

export interface ShardPackets {
  readonly header: Uint8Array;
  readonly packets: HeldPacket[];
}

export const planePackets = (): ShardPackets => packetsOf(fixture("dna_plane.zgrt"));

/** All packets in the order of the server: step by step, coarse resolutions first; the last step of each is told though it is empty. */
export function packetsOf(object: Uint8Array): ShardPackets {
  const nbytes = object[HEADER_NBYTES.at]!;
  const header = object.subarray(0, nbytes);
  const [resolutions, firstStep, coarseStep] = [header[9]!, header[10]!, header[11]!];
  const indexNbytes = new DataView(object.buffer).getUint32(64, true);
  const index = new Cursor(object.subarray(nbytes, nbytes + indexNbytes));
  index.byte();
  const lengths = new Map<string, number>();
  for (let r = resolutions - 1; r >= 0; r--) {
    for (let t = index.varint() - 1; t >= 0; t--) lengths.set(`${r}/${t}`, index.varint());
  }
  const stored: [number, number][] = [];
  for (let t = firstStep; t >= coarseStep; t--) stored.push([resolutions - 1, t]);
  for (let r = resolutions - 1; r >= 0; r--) {
    for (let t = firstStep; t >= 0; t--) if (r < resolutions - 1 || t < coarseStep) stored.push([r, t]);
  }
  const body = new Cursor(object.subarray(nbytes + indexNbytes));
  const packets = stored.map(([resolution, step]) => ({ resolution, step, bytes: body.take(lengths.get(`${resolution}/${step}`) ?? 0) }));
  const sent = packets.filter(({ step, bytes }) => bytes.length > 0 || step === 0);
  return { header, packets: sent.sort((a, b) => b.step - a.step || b.resolution - a.resolution) };
}

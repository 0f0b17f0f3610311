/** Lookup tables: colours from dark to bright, instead of a channel's one colour. Made by scripts/tables.py. */
import type { Tone } from "../gl/painter.ts";
import type { Description } from "../client/description.ts";
import type { ChannelLook } from "./channels.ts";

/** 33 colours each, six hexadecimal digits a colour. All rise in lightness, so that colour-blind people see the same order; those between are
 * off by at most 6 of 255. */
const COLOURS = {
  grey: "000000ffffff",
  viridis: "440154470d6048186a482374472d7b4536814240863f49893b528b375a8d33638d2f6a8e2c728e297a8e26818e23898e21908c1f988b1f9f8821a68528ae8031b57b3ebc744cc26c5dc9636ece5882d34c96d83fabdc32c0df24d5e21aeae51afde725",
  cividis: "00224e00285b002e6a0433711a386f273e6e32436d3b496c434e6c4b546c52596d5a5f6e61656f686a716f70737576767c7b788481798b8778938d789b9376a39a75aba072b3a670bbad6cc3b469ccba64d4c15fddc958e6d051efd748f8df3cfee838",
  magma: "0000040303110a0822130d331d114628115a36106a430f7650127c5d177f691c817621818226818f2a819c2e7fa9327db63779c33b75cf4170db486ae65163ee5c5ef5695cf9785dfb8761fd9668fea571feb47bfec387fed194fde0a2fceeb0fcfdbf",
  inferno: "0000040403120b0724150b37210c4a2e0a5a3c09654a0c6b57106d63146e70196e7d1e6d89226a962766a32b61af315cbb3755c63e4dd14644db4f3be35932eb6528f1711ef67f14f98d0afb9c06fcab0ffbba1ff9ca32f5d949f2e865f3f586fcffa4",
} as const;

export type TableName = keyof typeof COLOURS;
export const TABLE_NAMES = Object.keys(COLOURS) as TableName[];

export const isTable = (name: string): name is TableName => Object.hasOwn(COLOURS, name);

export const TABLE_SIZE = 256;

/** @returns red, green, blue, 255 for each of `TABLE_SIZE` places: a table's, or from black to a colour of six digits */
export function tableBytes(name: TableName | undefined, colour: string): Uint8Array {
  const stops = bytesOf(name === undefined ? `000000${colour}` : COLOURS[name]);
  const last = stops.length / 3 - 1;
  const bytes = new Uint8Array(4 * TABLE_SIZE).fill(255);
  for (let place = 0; place < TABLE_SIZE; place++) {
    const at = (place / (TABLE_SIZE - 1)) * last;
    const before = Math.min(Math.floor(at), last - 1);
    for (let part = 0; part < 3; part++) {
      const [from, to] = [stops[3 * before + part]!, stops[3 * before + 3 + part]!];
      bytes[4 * place + part] = Math.round(from + (to - from) * (at - before));
    }
  }
  return bytes;
}

/** How a channel's light is bent; undefined where it is plain. RGB images are shown as they are. */
export function toneOf({ gamma, table, colour }: ChannelLook, { rgb }: Description): Tone | undefined {
  if (rgb || (gamma === 1 && table === undefined)) return undefined;
  return { exponent: 1 / gamma, name: `${table ?? ""}${colour}`, bytes: () => tableBytes(table, colour) };
}

/** How much faster than plain light the fastest of a table's components changes: 1 for a plain colour. */
export function steepness(name: TableName | undefined): number {
  if (name === undefined) return 1;
  const stops = bytesOf(COLOURS[name]);
  let most = 0;
  for (let index = 3; index < stops.length; index++) most = Math.max(most, Math.abs(stops[index]! - stops[index - 3]!));
  return (most / 255) * (stops.length / 3 - 1);
}

const bytesOf = (digits: string): number[] => digits.match(/../g)!.map((pair) => Number.parseInt(pair, 16));

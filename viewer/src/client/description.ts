/** What the server tells of an image: docs/protocol.md, "The description of an image". */
import { Checked } from "./check.ts";
import { DescriptionError } from "./errors.ts";

export const DTYPES = [
  "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64",
] as const; // prettier-ignore
export type Dtype = (typeof DTYPES)[number];

export const isFloat = (dtype: Dtype): boolean => dtype.startsWith("float");

export interface Channel {
  readonly name: string;
  /** Six hexadecimal digits, no sign before them. */
  readonly colour: string;
  readonly window: readonly [number, number];
  readonly range: readonly [number, number];
  readonly visible: boolean;
}

/** Level n (2^-n of full size in y and x): read from `arrays[array]`, its chunks decoded at level `decode`. */
export interface Level {
  readonly level: number;
  readonly shape: readonly number[];
  readonly array: number;
  readonly decode: number;
}

export interface StoredArray {
  /** Name of the array in the image's group. */
  readonly path: string;
  readonly level: number;
  readonly shape: readonly number[];
  readonly shardShape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly resolutions: number;
  readonly nbytes: number;
}

export interface Description {
  readonly name: string;
  readonly title: string;
  /** Another one when the image was written anew; absent where the server does not tell. */
  readonly version: string | undefined;
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly scale: { readonly [axis: string]: number };
  readonly unit: { readonly [axis: string]: string };
  readonly rgb: boolean;
  /** Pixels are numbers of things, never averaged. */
  readonly labels: boolean;
  /** What every pixel of a shard or chunk is that is absent. */
  readonly fill: number;
  /** Names of the label images that belong to this one. */
  readonly labelImages: readonly string[];
  readonly channels: readonly Channel[];
  readonly levels: readonly Level[];
  readonly arrays: readonly StoredArray[];
}

const fail = (message: string): DescriptionError => new DescriptionError(message);

/** @throws DescriptionError that names the first field that is wrong. */
export function parseDescription(json: unknown): Description {
  const root = new Checked(json, "description", fail);
  const axes = root.at("axes").list().map((axis) => axis.string());
  if (axes.at(-2) !== "y" || axes.at(-1) !== "x") throw fail("description.axes does not end in y, x");
  const ndim = axes.length;
  const arrays = root.at("arrays").list().map((item) => parseArray(item, ndim));
  const levels = root.at("levels").list().map((item, index) => parseLevel(item, ndim, index, arrays));
  if (levels.length === 0) throw fail("description.levels is empty");
  const rgb = root.at("rgb").boolean();
  // The components of an RGB image are seen together: whatever is told of each, they are one channel.
  const channels = root.at("channels").list().map(parseChannel).slice(0, rgb ? 1 : undefined);
  if (channels.length === 0) throw fail("description.channels is empty");
  return {
    name: root.at("name").string(),
    title: root.at("title").string(),
    version: root.at("version").missing ? undefined : root.at("version").string(),
    axes,
    shape: sizes(root.at("shape"), ndim),
    dtype: root.at("dtype").oneOf(DTYPES),
    scale: perAxis(root.at("scale"), axes, (item) => item.number()),
    unit: perAxis(root.at("unit"), axes, (item) => item.string()),
    rgb,
    labels: !root.at("labels").missing && root.at("labels").boolean(),
    fill: fillOf(root.at("fill")),
    labelImages: root.at("label_images").missing ? [] : root.at("label_images").list().map((item) => item.string()),
    channels,
    levels,
    arrays,
  };
}

/** A number, a boolean, or what JSON has no number for. */
function fillOf(item: Checked): number {
  if (item.missing) return 0;
  if (typeof item.value === "boolean") return Number(item.value);
  return typeof item.value === "string" ? Number(item.value) : item.number();
}

function sizes(item: Checked, ndim: number): number[] {
  return item.list(ndim).map((size) => size.whole(1));
}

function parseArray(item: Checked, ndim: number): StoredArray {
  return {
    path: item.at("path").string(),
    level: item.at("level").whole(),
    shape: sizes(item.at("shape"), ndim),
    shardShape: sizes(item.at("shard_shape"), ndim),
    chunkShape: sizes(item.at("chunk_shape"), ndim),
    resolutions: item.at("resolutions").whole(1),
    nbytes: item.at("nbytes").missing ? 0 : item.at("nbytes").whole(),
  };
}

function parseLevel(item: Checked, ndim: number, index: number, arrays: readonly StoredArray[]): Level {
  const level = item.at("level").whole();
  const array = item.at("array").whole();
  const decode = item.at("decode").whole();
  const stored = arrays[array];
  if (stored === undefined) throw fail(`${item.place}.array is not one of the ${arrays.length} arrays`);
  if (level !== index || stored.level + decode !== level) throw fail(`${item.place} does not add up to level ${index}`);
  return { level, shape: sizes(item.at("shape"), ndim), array, decode };
}

function parseChannel(item: Checked): Channel {
  const colour = item.at("colour").string();
  if (!/^[0-9a-fA-F]{6}$/.test(colour)) throw fail(`${item.place}.colour is not six hexadecimal digits`);
  return {
    name: item.at("name").string(),
    colour,
    window: pair(item.at("window")),
    range: pair(item.at("range")),
    visible: item.at("visible").boolean(),
  };
}

function pair(item: Checked): readonly [number, number] {
  const [low, high] = item.list(2).map((end) => end.number()) as [number, number];
  if (low > high) throw fail(`${item.place} begins above its end`);
  return [low, high];
}

/** Absent where the source tells nothing, and then empty. */
function perAxis<T>(item: Checked, axes: readonly string[], read: (item: Checked) => T): { [axis: string]: T } {
  const found: { [axis: string]: T } = {};
  if (item.missing) return found;
  for (const axis of axes) {
    const value = item.at(axis);
    if (!value.missing) found[axis] = read(value);
  }
  return found;
}

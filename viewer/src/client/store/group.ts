/**
 * An image's own documents, zarr.json, as the description that a server would give of it: docs/protocol.md, "The description
 * of an image". Pure. The same rules as pyramid/ziggurat/metadata.py.
 */
import { Checked } from "../check.ts";
import { DescriptionError } from "../errors.ts";
import { levelSize } from "../geometry.ts";

const CODEC = "ziggurat";
const AXES = "tczyx";

/** A stored array as a description has it, and what the whole image takes from it. */
interface Array3 {
  readonly path: string;
  readonly level: number;
  readonly shape: readonly number[];
  readonly shard_shape: readonly number[];
  readonly chunk_shape: readonly number[];
  readonly resolutions: number;
  readonly nbytes: number;
  readonly dtype: string;
  readonly coding: string;
  readonly fill: unknown;
}

const fail = (message: string): DescriptionError => new DescriptionError(message);

/** Where the stored levels lie: their paths, for stores whose arrays' documents have to be read one by one. */
export function datasetPaths(group: unknown): string[] {
  return multiscaleOf(new Checked(group, "zarr.json", fail)).at("datasets").list().map((item) => item.at("path").string());
}

/** The arrays' documents by path, where the group's holds copies of them. */
export function consolidated(group: unknown): { readonly [path: string]: unknown } | undefined {
  const root = new Checked(group, "zarr.json", fail).at("consolidated_metadata");
  return root.missing ? undefined : (root.at("metadata").value as { readonly [path: string]: unknown });
}

/**
 * @param name what the image is to be called
 * @param group the parsed zarr.json of the image's group; `documents` those of its arrays, by path
 * @throws DescriptionError where it is no OME-Zarr 0.5 image whose arrays use the ziggurat codec
 */
export function describeGroup(name: string, group: unknown, documents: { readonly [path: string]: unknown }): object {
  const root = new Checked(group, "zarr.json", fail);
  const multiscale = multiscaleOf(root);
  const axes = multiscale.at("axes").list();
  const names = axes.map((axis) => axis.at("name").string());
  if (!new RegExp(`^[${AXES.slice(0, 3)}]*yx$`).test(names.join("")) || names.join("") !== [...AXES].filter((axis) => names.includes(axis)).join("")) {
    throw fail(`the axes are ${names.join(", ")}, not of t, c, z, y, x in this order with y and x last`);
  }
  const datasets = multiscale.at("datasets").list();
  const scales = datasets.map(scaleOf);
  const base = scales[0] ?? [];
  const arrays = datasets.map((dataset, index) => {
    const path = dataset.at("path").string();
    const level = Math.log2(scales[index]!.at(-1)! / base.at(-1)!);
    if (!(Math.abs(level - Math.round(level)) < 0.01)) throw fail(`dataset ${path} is not scaled by a power of two`);
    return parseArray(path, Math.round(level), new Checked(documents[path], path, fail));
  });
  const first = arrays[0];
  if (first === undefined) throw fail("the image has no datasets");
  const units = axes.map((axis) => (axis.at("unit").missing ? "" : axis.at("unit").string()));
  const known = names.flatMap((axis, index) => (units[index] === "" ? [] : [[axis, index] as const]));
  const channelAxis = names.indexOf("c");
  return {
    name,
    title: multiscale.at("name").missing ? "" : multiscale.at("name").string(),
    axes: names,
    shape: first.shape,
    dtype: first.dtype,
    fill: first.fill,
    labels: first.coding === "label",
    // A scale of 1 without a unit is what OME-Zarr demands where nothing is known.
    scale: Object.fromEntries(known.map(([axis, index]) => [axis, base[index]])),
    unit: Object.fromEntries(known.map(([axis, index]) => [axis, units[index]])),
    rgb: first.coding === "rct" && channelAxis >= 0 && first.chunk_shape[channelAxis]! >= 3,
    channels: channelsOf(root.at("attributes").at("ome").at("omero"), channelAxis < 0 ? 1 : first.shape[channelAxis]!, first.dtype),
    levels: levelsOf(arrays),
    arrays: arrays.map(({ dtype: _dtype, coding: _coding, fill: _fill, ...stored }) => stored),
  };
}

/** @param labels the parsed zarr.json of the image's group `labels`: https://ngff.openmicroscopy.org/0.5/#labels-md */
export function labelAddresses(address: string, labels: unknown): string[] {
  const names = new Checked(labels, "labels/zarr.json", fail).at("attributes").at("ome").at("labels");
  const base = address.replace(/\/?$/, "/labels/");
  return names.missing ? [] : names.list().map((name) => base + name.string().split("/").map(encodeURIComponent).join("/"));
}

function multiscaleOf(root: Checked): Checked {
  const ome = root.at("attributes").at("ome");
  const [multiscale] = ome.missing || ome.at("multiscales").missing ? [] : ome.at("multiscales").list();
  if (multiscale === undefined) throw fail("This is no OME-Zarr 0.5 image: its zarr.json tells of no multiscales.");
  return multiscale;
}

function scaleOf(dataset: Checked): number[] {
  const scale = dataset.at("coordinateTransformations").list().find((item) => item.at("type").value === "scale");
  if (scale === undefined) throw fail(`${dataset.place} has no scale`);
  return scale.at("scale").list().map((item) => item.number());
}

function parseArray(path: string, level: number, document: Checked): Array3 {
  const codecs = document.at("codecs").list().map((codec) => codec.at("name").string());
  if (codecs.join() !== CODEC) {
    throw fail(`Its pixels are coded with ${codecs.join(", ")}, not with ${CODEC}: \`ziggurat ingest\` makes a copy that can be shown.`);
  }
  const encoding = document.at("chunk_key_encoding");
  const separator = encoding.at("configuration").missing ? undefined : encoding.at("configuration").at("separator").value;
  if (encoding.at("name").value !== "default" || (separator ?? "/") !== "/") throw fail(`array ${path} has chunk keys of another kind`);
  const configuration = document.at("codecs").list()[0]!.at("configuration");
  const shape = document.at("shape").list().map((size) => size.whole(1));
  const sizes = (item: Checked): number[] => item.list(shape.length).map((size) => size.whole(1));
  const dtype = document.at("data_type").string();
  return {
    path,
    level,
    shape,
    shard_shape: sizes(document.at("chunk_grid").at("configuration").at("chunk_shape")),
    chunk_shape: sizes(configuration.at("chunk_shape")),
    resolutions: configuration.at("resolutions").whole(1),
    nbytes: shape.reduce((all, size) => all * size, bytesOf(dtype)),
    dtype,
    coding: configuration.at("coding").string(),
    fill: document.at("fill_value").value,
  };
}

const bitsOf = (dtype: string): number => Number(/\d+$/.exec(dtype)?.[0] ?? 8);
const bytesOf = (dtype: string): number => bitsOf(dtype) / 8;

/** Every power of two, each from the coarsest stored level that is no coarser, until a level is one pixel. */
function levelsOf(arrays: readonly Array3[]): object[] {
  return arrays.flatMap((array, number) => {
    const last = Math.min(array.level + array.resolutions, arrays[number + 1]?.level ?? Infinity) - 1;
    const levels: object[] = [];
    for (let level = array.level; level <= last; level++) {
      const decode = level - array.level;
      const shapeAt = (n: number): number[] => array.shape.map((size, axis) => (axis < array.shape.length - 2 ? size : levelSize(size, n)));
      if (decode > 0 && Math.max(...shapeAt(decode - 1).slice(-2)) === 1) break;
      levels.push({ level, shape: shapeAt(decode), array: number, decode });
    }
    return levels;
  });
}

/** What to take for the range of pixels where nobody measured it: all of an integer type, 0 to 1 of floats. */
function rangeOf(dtype: string): [number, number] {
  if (!dtype.includes("int")) return [0, 1];
  const codes = 2 ** bitsOf(dtype);
  return dtype.startsWith("u") ? [0, codes - 1] : [-codes / 2, codes / 2 - 1];
}

/** Channels as the `omero` block has them; sensible ones where it is missing or too short. */
function channelsOf(omero: Checked, count: number, dtype: string): object[] {
  const entries = omero.missing || omero.at("channels").missing ? [] : omero.at("channels").list();
  const [lowest, highest] = rangeOf(dtype);
  return Array.from({ length: count }, (_, index) => {
    const entry = entries[index] ?? new Checked({}, "channel", fail);
    const window = entry.at("window").missing ? new Checked({}, "window", fail) : entry.at("window");
    const number = (name: string, otherwise: number): number => (window.at(name).missing ? otherwise : window.at(name).number());
    const colour = entry.at("color").missing ? "" : entry.at("color").string().replace(/^#/, "").toUpperCase();
    const label = entry.at("label").missing ? "" : entry.at("label").string();
    return {
      name: label || `channel ${index}`,
      colour: /^[0-9A-F]{6}$/.test(colour) ? colour : "FFFFFF",
      window: [number("start", lowest), number("end", highest)],
      range: [number("min", lowest), number("max", highest)],
      visible: entry.at("active").missing || entry.at("active").value === true,
    };
  });
}

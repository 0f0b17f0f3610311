/** What one sees, as it stands in the address: pure. */
import type { Description } from "../client/description.ts";
import type { At } from "../client/geometry.ts";
import { isAddress } from "../client/address.ts";
import type { Camera } from "./camera.ts";
import { GAMMA_MOST, lookOf, type ChannelLook } from "./channels.ts";
import { isTable } from "./tables.ts";

export interface ViewState {
  readonly camera: Camera;
  readonly at: At;
  readonly looks: readonly ChannelLook[];
  /** Refine to the last bit, beyond what can be seen. */
  readonly wantExact: boolean;
  /** The label images that lie over it, and how densely: 0 to 1. */
  readonly labels: { readonly [name: string]: number };
}

const rounded = (value: number): string => String(Number(value.toPrecision(8)));

/** `image=NAME&x=…&y=…&zoom=…&z=…&t=…&c0=1,0000FF,294,2210,1.5,viridis&exact=1&labels=0.5,NAME`; gamma and table, and channels, only where they differ from what is stored. */
export function writeHash(description: Description, state: ViewState): string {
  const { camera, at, looks, wantExact, labels } = state;
  const parts = new URLSearchParams({ [isAddress(description.name) ? "store" : "image"]: description.name, x: rounded(camera.x), y: rounded(camera.y), zoom: rounded(camera.zoom) });
  for (const { name } of steppedAxes(description)) parts.set(name, String(at[name] ?? 0));
  looks.forEach((look, index) => {
    const text = writeLook(look);
    if (text !== writeLook(lookOf(description.channels[index]!))) parts.set(`c${index}`, text);
  });
  if (wantExact) parts.set("exact", "1");
  for (const [name, opacity] of Object.entries(labels)) parts.append("labels", `${rounded(opacity)},${name}`);
  return parts.toString().replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",");
}

function writeLook({ visible, colour, window, gamma, table }: ChannelLook): string {
  const parts = [visible ? 1 : 0, colour, ...window.map(rounded)];
  if (gamma !== 1 || table !== undefined) parts.push(rounded(gamma));
  if (table !== undefined) parts.push(table);
  return parts.join(",");
}

/** A name of the server's, or the address of a store. */
export function imageInHash(hash: string): string | undefined {
  const parts = new URLSearchParams(hash);
  return parts.get("image") ?? parts.get("store") ?? undefined;
}

/** What cannot be understood is left as `otherwise` has it: an address may be old, or typed by hand. */
export function readHash(hash: string, description: Description, otherwise: ViewState): ViewState {
  const parts = new URLSearchParams(hash);
  const number = (name: string): number | undefined => {
    const text = parts.get(name);
    const value = text === null || text === "" ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : undefined;
  };
  const zoom = number("zoom");
  const camera = {
    y: number("y") ?? otherwise.camera.y,
    x: number("x") ?? otherwise.camera.x,
    zoom: zoom !== undefined && zoom > 0 ? zoom : otherwise.camera.zoom,
  };
  const at = Object.fromEntries(
    steppedAxes(description).map(({ name, size }) => {
      const index = Math.round(number(name) ?? otherwise.at[name] ?? 0);
      return [name, Math.min(Math.max(index, 0), size - 1)];
    }),
  );
  const looks = otherwise.looks.map((look, index) => readLook(parts.get(`c${index}`)) ?? look);
  const wantExact = parts.has("exact") ? parts.get("exact") === "1" : otherwise.wantExact;
  const labels = parts.has("labels") ? readLabels(parts.getAll("labels"), description) : otherwise.labels;
  return { camera, at, looks, wantExact, labels };
}

function readLabels(texts: readonly string[], { labelImages }: Description): ViewState["labels"] {
  const found = texts.flatMap((text) => {
    const [, opacity, name] = /^([\d.]+),(.*)$/.exec(text) ?? [];
    return name !== undefined && labelImages.includes(name) && Number(opacity) <= 1 ? [[name, Number(opacity)]] : [];
  });
  return Object.fromEntries(found);
}

function readLook(text: string | null): ChannelLook | undefined {
  const found = /^([01]),([0-9a-fA-F]{6}),(-?[\d.]+),(-?[\d.]+)(?:,([\d.]+)(?:,(\w+))?)?$/.exec(text ?? "");
  if (found === null) return undefined;
  const [low, high] = [Number(found[3]), Number(found[4])];
  const [gamma, table] = [Number(found[5] ?? 1), found[6]];
  if (!(low <= high) || !(gamma >= 1 / GAMMA_MOST && gamma <= GAMMA_MOST)) return undefined;
  return { visible: found[1] === "1", colour: found[2]!.toUpperCase(), window: [low, high], gamma, table: table !== undefined && isTable(table) ? table : undefined };
}

/** Where an image opens: in the middle of a stack, where there is most to see, and at the beginning of a movie. */
export function firstPlace(description: Description): At {
  const sizes = description.axes.map((axis, index) => [axis, description.shape[index]!] as const);
  return Object.fromEntries(sizes.slice(0, -2).flatMap(([axis, size]) => (axis === "c" ? [] : [[axis, axis === "z" ? size >> 1 : 0]])));
}

/** The axes that need a slider: all but c, y and x that have more than one place. */
export function steppedAxes(description: Description): { name: string; size: number }[] {
  return description.axes
    .map((name, axis) => ({ name, size: description.shape[axis]! }))
    .filter(({ name, size }) => !["c", "y", "x"].includes(name) && size > 1);
}

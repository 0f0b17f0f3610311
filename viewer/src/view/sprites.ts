/** From tiles in order to rectangles on the canvas: pure. */
import type { Description } from "../client/description.ts";
import { levelSize } from "../client/geometry.ts";
import type { Rectangle, Sprite } from "../gl/painter.ts";
import type { Kind } from "../gl/shader.ts";
import type { Camera, Size } from "./camera.ts";
import type { Layered } from "./compose.ts";
import type { Part } from "./repaint.ts";
import type { Tile, Tiles } from "./tiles.ts";

export type { Rectangle };

/** How the image lies on a canvas of device pixels. */
export interface Canvas extends Size {
  /** Device pixels a CSS pixel. */
  readonly ratio: number;
}

/** A rectangle of level 0 on the canvas. The same image point always gives the same number, so that chunks have no gaps. */
export function onCanvas(camera: Camera, canvas: Canvas, [left, top, right, bottom]: Rectangle): Rectangle {
  const scale = camera.zoom * canvas.ratio;
  const x = (at: number): number => (at - camera.x) * scale + canvas.width / 2;
  const y = (at: number): number => (at - camera.y) * scale + canvas.height / 2;
  return [x(left), y(top), x(right), y(bottom)];
}

/** Tells where tiles of a channel lie, and what they look like: into `parts`. */
export function partsOf(description: Description, layered: readonly Layered[], camera: Camera, canvas: Canvas, channel: number, parts: Map<string, Part>): void {
  for (const { tile, mip, rank } of layered) {
    const place = onCanvas(camera, canvas, extentOf(description, tile));
    if (!isOn(canvas, place)) continue;
    const reach = 2 ** (description.arrays[tile.array]!.level + mip) * camera.zoom * canvas.ratio;
    parts.set(`${channel}:${tile.place.key}`, { place, reach, mark: `${tile.version}/${mip}/${rank}` });
  }
}

const isOn = ({ width, height }: Canvas, [left, top, right, bottom]: Rectangle): boolean => left < width && top < height && right > 0 && bottom > 0;

const AROUND = [[-1, -1], [-1, 0], [-1, 1], [0, -1], [0, 1], [1, -1], [1, 0], [1, 1]] as const;

export function spritesOf(description: Description, layered: readonly Layered[], tiles: Tiles, camera: Camera, canvas: Canvas): Sprite[] {
  return layered.flatMap(({ tile, mip, rank }) => {
    const [left, top, right, bottom] = extentOf(description, tile);
    const place = onCanvas(camera, canvas, [left, top, right, bottom]);
    if (!isOn(canvas, place)) return [];
    const level = description.arrays[tile.array]!.level + mip;
    const shrink = 2 ** level;
    // Then pixels are shown as what they are.
    const sharp = description.labels || (level === 0 && camera.zoom * canvas.ratio >= 1);
    const whole: Sprite = {
      place,
      texels: [0, 0, (right - left) / shrink, (bottom - top) / shrink],
      slot: tile.slot ?? 0,
      mip,
      width: levelSize(tile.place.width, mip),
      height: levelSize(tile.place.height, mip),
      kind: tile.fill !== undefined ? "flat" : sharp ? "sharp" : "smooth",
      constant: tile.fill ?? 0,
      rank,
      ...surroundings(tiles, tile, mip),
    };
    return whole.kind === "smooth" ? pieces(whole) : [whole];
  });
}

/**
 * The inside of a chunk, and the half pixel along each edge that is smoothed with the neighbours' pixels: few screen pixels, but
 * those that cost most.
 */
export function pieces(whole: Sprite): Sprite[] {
  const [, , right, bottom] = whole.texels;
  const columns = cuts(right, whole.width);
  const rows = cuts(bottom, whole.height);
  const cut = (kind: Kind, row: number, column: number, rowEnd = row + 1, columnEnd = column + 1): Sprite[] => {
    const texels: Rectangle = [columns[column]!, rows[row]!, columns[columnEnd]!, rows[rowEnd]!];
    if (texels[0] >= texels[2] || texels[1] >= texels[3]) return [];
    const x = (texel: number): number => along(whole.place[0], whole.place[2], texel / right);
    const y = (texel: number): number => along(whole.place[1], whole.place[3], texel / bottom);
    return [{ ...whole, kind, texels, place: [x(texels[0]), y(texels[1]), x(texels[2]), y(texels[3])] }];
  };
  return [...cut("smooth", 1, 1), ...cut("edge", 0, 0, 1, 3), ...cut("edge", 2, 0, 3, 3), ...cut("edge", 1, 0), ...cut("edge", 1, 2)];
}

/** Where the edge pieces of a side end, in texels; `end` may lie within the last texel. */
function cuts(end: number, size: number): readonly number[] {
  const first = Math.min(0.5, end);
  return [0, first, Math.max(first, Math.min(size - 0.5, end)), end];
}

/** Exactly the ends at 0 and 1, so that neighbouring chunks touch. */
const along = (from: number, to: number, share: number): number => (share === 1 ? to : from + (to - from) * share);

/** The rectangle of level 0 that a tile shows. Odd sizes round up from level to level: the last pixels reach beyond the image. */
export function extentOf(description: Description, { array, place }: Pick<Tile, "array" | "place">): Rectangle {
  const scale = 2 ** description.arrays[array]!.level;
  const [height, width] = description.shape.slice(-2) as [number, number];
  const right = Math.min((place.x + place.width) * scale, width);
  const bottom = Math.min((place.y + place.height) * scale, height);
  return [place.x * scale, place.y * scale, right, bottom];
}

function surroundings(tiles: Tiles, tile: Tile, mip: number): Pick<Sprite, "near" | "leftWidth" | "upperHeight"> {
  const around = AROUND.map(([down, right]) => {
    const neighbour = tiles.neighbour(tile, down, right);
    return neighbour?.mips.has(mip) ? neighbour : undefined;
  });
  return {
    near: around.map((neighbour) => neighbour?.slot ?? -1),
    leftWidth: levelSize((around[3] ?? around[0] ?? around[5])?.place.width ?? 0, mip),
    upperHeight: levelSize((around[1] ?? around[0] ?? around[2])?.place.height ?? 0, mip),
  };
}

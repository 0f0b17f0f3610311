/** The whole image, small: of the coarsest stored array, all of which comes with every view. Nothing is fetched for it. Pure. */
import type { Description } from "../client/description.ts";
import { chunksInRegion, planeOf, type At, type ChunkKey, type ChunkPlace } from "../client/geometry.ts";
import type { Light } from "../gl/painter.ts";
import { toImage, visibleRegion, type Camera, type Point, type Size } from "./camera.ts";
import { halfStep, type ChannelLook } from "./channels.ts";
import type { Layered } from "./compose.ts";
import { lit } from "./lights.ts";
import { decodeLevel, type Scene } from "./requests.ts";
import type { Canvas } from "./sprites.ts";
import { shownMip, type Tile, type Tiles } from "./tiles.ts";

/** How large an overview is whose longer side has `longest` pixels. */
export function overviewSize({ height, width }: Size, longest: number): Size {
  const scale = longest / Math.max(height, width);
  return { height: Math.max(1, Math.round(height * scale)), width: Math.max(1, Math.round(width * scale)) };
}

/** Where the screen lies in an overview, in shares of it; undefined while the whole image is on the screen. */
export function frameIn(camera: Camera, image: Size, screen: Size): { readonly top: number; readonly left: number; readonly height: number; readonly width: number } | undefined {
  const region = visibleRegion(camera, image, screen);
  if (region === undefined) return undefined;
  if (region.y[1] - region.y[0] === image.height && region.x[1] - region.x[0] === image.width) return undefined;
  const first = toImage(camera, screen, { y: 0, x: 0 });
  return { top: first.y / image.height, left: first.x / image.width, height: screen.height / camera.zoom / image.height, width: screen.width / camera.zoom / image.width };
}

/** The image point that a point of an overview of a size shows. */
export const underOverview = (image: Size, size: Size, { y, x }: Point): Point => ({ y: (y / size.height) * image.height, x: (x / size.width) * image.width });

/** Adds the pictures that the overview needs, where the screen does not show these chunks. */
export function withOverview(description: Description, { level, at, looks }: Scene, wanted: Map<ChunkKey, { place: ChunkPlace; level: number }>): typeof wanted {
  const array = description.arrays.length - 1;
  const [height, width] = description.shape.slice(-2) as [number, number];
  looks.forEach(({ visible }, channel) => {
    if (!visible) return;
    for (const place of chunksInRegion(description, array, channel, at, { y: [0, height], x: [0, width] })) {
      if (!wanted.has(place.key)) wanted.set(place.key, { place, level: decodeLevel(description, array, level) });
    }
  });
  return wanted;
}

/** The mip level to show, the coarsest that is fine enough and good enough: one that was left from another view may be worse than finer ones. */
function smallMip(tile: Tile, decode: number, invisible: number): number | undefined {
  const fine = [...tile.mips].filter(([mip]) => mip <= decode);
  const enough = Math.max(invisible, Math.min(...fine.map(([, error]) => error)));
  return fine.length === 0 ? shownMip(tile, decode) : Math.max(...fine.flatMap(([mip, error]) => (error <= enough ? [mip] : [])));
}

/** What to paint. */
export interface Overview {
  readonly lights: readonly Light[];
  readonly camera: Camera;
  readonly canvas: Canvas;
  /** Another one when it looks different. */
  readonly mark: string;
}

/** Undefined while a channel has nothing to show there. */
export function overviewOf(description: Description, looks: readonly ChannelLook[], at: At, tiles: Tiles, size: Size): Overview | undefined {
  const array = description.arrays.length - 1;
  const [height, width] = description.shape.slice(-2) as [number, number];
  const camera = { y: height / 2, x: width / 2, zoom: size.width / width };
  const decode = decodeLevel(description, array, Math.max(0, Math.floor(Math.log2(1 / camera.zoom))));
  let empty = false;
  const layered = (channel: number): Layered[] => {
    const plane = planeOf(description, array, channel, at);
    const found = [...tiles.values()].flatMap((tile) => {
      const mip = tile.fill !== undefined ? 0 : smallMip(tile, decode, halfStep(looks[channel]!));
      return tile.place.plane === plane && mip !== undefined ? [{ tile, mip, rank: 0 }] : [];
    });
    empty ||= found.length === 0;
    return found;
  };
  const canvas = { ...size, ratio: 1 };
  const { lights, style, parts } = lit(description, looks, layered, tiles, camera, canvas);
  const mark = JSON.stringify([size, style, [...parts].map(([key, part]) => [key, part.mark])]);
  return empty ? undefined : { lights, camera, canvas, mark };
}

/** Where one looks: pure. The image's y and x are in pixels of level 0, the screen's in CSS pixels from its top left. */
import type { Region } from "../client/events.ts";

export interface Camera {
  /** The image point in the middle of the screen. */
  readonly y: number;
  readonly x: number;
  /** CSS pixels a pixel of level 0. */
  readonly zoom: number;
}

export interface Size {
  readonly height: number;
  readonly width: number;
}

export interface Point {
  readonly y: number;
  readonly x: number;
}

/** A pixel of level 0 never gets larger than this. */
const LARGEST_ZOOM = 64;
/** The whole image never gets smaller than this share of what fits. */
const SMALLEST_SHARE = 0.25;
/** A level's pixels may be so much larger than the screen's. */
const LARGEST_PIXEL = 1.1;
/** Left free around an image that is fitted. */
const FIT_SHARE = 0.96;

export function fit(image: Size, screen: Size): Camera {
  const zoom = FIT_SHARE * Math.min(screen.height / image.height, screen.width / image.width);
  return { y: image.height / 2, x: image.width / 2, zoom: Math.min(zoom, LARGEST_ZOOM) };
}

export const sameCamera = (a: Camera, b: Camera): boolean => a.y === b.y && a.x === b.x && a.zoom === b.zoom;

/** Keeps the zoom within its bounds and some of the image in the middle of the screen. */
export function bounded(camera: Camera, image: Size, screen: Size): Camera {
  const least = SMALLEST_SHARE * fit(image, screen).zoom;
  const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
  return {
    y: clamp(camera.y, 0, image.height),
    x: clamp(camera.x, 0, image.width),
    zoom: clamp(camera.zoom, least, LARGEST_ZOOM),
  };
}

export function toImage(camera: Camera, screen: Size, point: Point): Point {
  return {
    y: camera.y + (point.y - screen.height / 2) / camera.zoom,
    x: camera.x + (point.x - screen.width / 2) / camera.zoom,
  };
}

export function toScreen(camera: Camera, screen: Size, point: Point): Point {
  return {
    y: (point.y - camera.y) * camera.zoom + screen.height / 2,
    x: (point.x - camera.x) * camera.zoom + screen.width / 2,
  };
}

/** Moves the image along with the pointer. */
export function pan(camera: Camera, dy: number, dx: number): Camera {
  return { ...camera, y: camera.y - dy / camera.zoom, x: camera.x - dx / camera.zoom };
}

/** Zooms so that what lies under `point` stays there. */
export function zoomAbout(camera: Camera, image: Size, screen: Size, point: Point, factor: number): Camera {
  const fixed = toImage(camera, screen, point);
  const { zoom } = bounded({ ...camera, zoom: camera.zoom * factor }, image, screen);
  return {
    y: fixed.y - (point.y - screen.height / 2) / zoom,
    x: fixed.x - (point.x - screen.width / 2) / zoom,
    zoom,
  };
}

/** What of the image is on the screen, in whole pixels of level 0; undefined when nothing is. */
export function visibleRegion(camera: Camera, image: Size, screen: Size): Region | undefined {
  const first = toImage(camera, screen, { y: 0, x: 0 });
  const end = toImage(camera, screen, { y: screen.height, x: screen.width });
  const y = [Math.max(0, Math.floor(first.y)), Math.min(image.height, Math.ceil(end.y))] as const;
  const x = [Math.max(0, Math.floor(first.x)), Math.min(image.width, Math.ceil(end.x))] as const;
  return y[0] < y[1] && x[0] < x[1] ? { y, x } : undefined;
}

/** The coarsest level whose pixels are no larger than the screen's, or so little that nobody sees it: the next one has four times as many. */
export function levelFor(camera: Camera, devicePixelRatio: number, levelCount: number): number {
  const level = Math.floor(Math.log2(LARGEST_PIXEL / (camera.zoom * devicePixelRatio)));
  return Math.min(Math.max(level, 0), levelCount - 1);
}

/** Of CSS: a pixel is seen under 0.0213 degrees. */
const PIXELS_A_DEGREE = 47;
/** However small pixels are on the screen: who looks at it may lean forward. */
const GREYS_MOST = 16;
/** A guaranteed error is of the worst of chances, which noise of an amplitude stays below by more than this. */
const GUARANTEED_OF_NOISE = 1.4;
const SPARE_MOST = 2;

/** What of a level nobody sees on the screen, docs/seeing.md. */
export interface Unseen {
  /** By how many greys of 255 pixels may be off, but for what is spared; at least one. */
  readonly greys: number;
  /** By how many steps of precision its finest detail may end early, each coarser octave one less. */
  readonly spare: number;
}

/**
 * From where on noise of a cycle every two pixels is visible, by Watson, Yang, Solomon and Villasenor, Visibility of wavelet
 * quantization noise, 1997. Where fine detail ends early, broad detail ends later: by two thirds of the steps, as bench/seeing.py found.
 */
export function unseen({ zoom }: Camera, level: number): Unseen {
  const size = zoom * 2 ** level;
  const greys = Math.min(0.495 * 10 ** (0.466 * Math.log10(PIXELS_A_DEGREE / 2 / size / 0.401) ** 2), GREYS_MOST);
  const spare = Math.min(Math.max(Math.floor(SPARE_MOST - Math.log2(size) + 1e-6), 0), SPARE_MOST);
  return { greys: Math.max((GUARANTEED_OF_NOISE * greys) / 2 ** ((2 * spare) / 3), 1), spare };
}

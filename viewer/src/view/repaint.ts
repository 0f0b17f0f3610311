/** What of the canvas has to be drawn anew when the image moved, or some of its tiles are others: pure. */
import type { Camera } from "./camera.ts";
import type { Canvas, Rectangle } from "./sprites.ts";

/** A tile as it lies on the canvas. */
export interface Part {
  readonly place: Rectangle;
  /** How far it reaches into its neighbours, device pixels: its pixels are smoothed with theirs. */
  readonly reach: number;
  /** Another one when it would look different. */
  readonly mark: string;
}

export interface Painted {
  readonly camera: Camera;
  readonly canvas: Canvas;
  /** Everything else that all of the picture depends on: windows, colours, and the like. */
  readonly style: string;
  readonly parts: ReadonlyMap<string, Part>;
  /** How many device pixels a pixel of it is across. */
  readonly grain: number;
}

/** What is there moves right and down; then rectangles of whole device pixels are drawn. */
export interface Repaint {
  readonly right: number;
  readonly down: number;
  readonly rectangles: readonly Rectangle[];
  /** Nothing of what is there is of use. */
  readonly all: boolean;
}

export type Shift = Pick<Repaint, "right" | "down">;

/** From this share of the canvas on, drawing all of it is no dearer. */
const MOST_SHARE = 0.7;
/** More rectangles than this are drawn as one. */
const MOST_RECTANGLES = 12;

export const everything = ({ width, height }: Canvas): Repaint => ({ right: 0, down: 0, rectangles: [[0, 0, width, height]], all: true });

/** How what was painted lies on the screen for another camera. */
export interface Offset {
  /** Device pixels that its middle has to be moved. */
  readonly right: number;
  readonly down: number;
  /** How many times as large it has to be. */
  readonly by: number;
}

/** Undefined where what was painted is of no use: another canvas. */
export function offsetOf({ camera: before, canvas: old }: Painted, camera: Camera, canvas: Canvas): Offset | undefined {
  if (old.width !== canvas.width || old.height !== canvas.height || old.ratio !== canvas.ratio) return undefined;
  const scale = camera.zoom * canvas.ratio;
  return { right: (before.x - camera.x) * scale, down: (before.y - camera.y) * scale, by: camera.zoom / before.zoom };
}

/** Whether a canvas that reaches `margin` device pixels beyond the screen still covers it. */
export function coversScreen({ right, down, by }: Offset, { width, height }: Canvas, margin: number): boolean {
  const beyond = (size: number, moved: number): number => (by * size) / 2 - Math.abs(moved) - (size / 2 - margin);
  return beyond(width, right) >= 0 && beyond(height, down) >= 0;
}

/** Stretched further than this, pixels would show. */
const MOST_STRETCHED = 1.5;
const LEAST_STRETCHED = 0.5;
/** Of the canvas: moved by more, what is there is of little use. */
const MOST_MOVED = 1 / 3;

/** Whether what is there, stretched, shows most of what is to be seen. */
export const stretches = ({ right, down, by }: Offset, { width, height }: Canvas): boolean =>
  by >= LEAST_STRETCHED && by <= MOST_STRETCHED && Math.abs(right) <= MOST_MOVED * width && Math.abs(down) <= MOST_MOVED * height;

const COARSEST_GRAIN = 8;

/**
 * How many device pixels a pixel may be across that is painted in a hurry: half a pixel of the finest tile in sight, so that nothing is
 * lost. Painting in software costs by the pixel, and the first picture of a new place has few. After a leap, nothing of what is to be
 * seen was there before: then it is twice that for a moment, and two at least.
 */
export function grainOf(parts: Iterable<Part>, leap: boolean): number {
  const finest = Math.min(...[...parts].map(({ reach }) => reach)) / (leap ? 1 : 2);
  return Math.min(COARSEST_GRAIN, 2 ** Math.max(leap ? 1 : 0, Math.floor(Math.log2(finest))));
}

/**
 * How far to move what is painted on a canvas that reaches `margin` device pixels beyond the screen on all sides. While it covers the
 * screen, not at all; then so far that it covers as much as can be of what comes next, if the motion goes on.
 */
export function recentred({ right, down }: Shift, margin: number): Shift {
  if (Math.max(Math.abs(right), Math.abs(down)) <= margin) return { right: 0, down: 0 };
  const beyond = (by: number): number => Math.round(by) + Math.sign(by) * Math.min(Math.floor(Math.abs(by)), margin - 1);
  return { right: beyond(right), down: beyond(down) };
}

/** The camera of a picture that was moved. */
export function cameraAfter({ camera: { x, y, zoom }, canvas: { ratio } }: Painted, { right, down }: Shift): Camera {
  return { x: x - right / (zoom * ratio), y: y - down / (zoom * ratio), zoom };
}

/** @param after lies where `before` was moved to */
export function repaint(before: Painted, after: Painted, right: number, down: number): Repaint {
  const { canvas } = after;
  if (before.style !== after.style || Math.abs(right) >= canvas.width || Math.abs(down) >= canvas.height) return everything(canvas);
  const rectangles: Rectangle[] = [];
  const { width, height } = canvas;
  if (right > 0) rectangles.push([0, 0, right, height]);
  if (right < 0) rectangles.push([width + right, 0, width, height]);
  if (down > 0) rectangles.push([0, 0, width, down]);
  if (down < 0) rectangles.push([0, height + down, width, height]);
  for (const [key, part] of after.parts) if (before.parts.get(key)?.mark !== part.mark) rectangles.push(outward(part));
  for (const [key, part] of before.parts) {
    const { place: [x0, y0, x1, y1] } = part; // prettier-ignore
    if (!after.parts.has(key)) rectangles.push(outward({ ...part, place: [x0 + right, y0 + down, x1 + right, y1 + down] }));
  }
  const needed = apart(rectangles.flatMap((rectangle) => clipped(rectangle, canvas)));
  const area = needed.reduce((sum, [x0, y0, x1, y1]) => sum + (x1 - x0) * (y1 - y0), 0);
  return area > MOST_SHARE * width * height ? everything(canvas) : { right, down, rectangles: needed, all: false };
}

function outward({ place: [left, top, right, bottom], reach }: Part): Rectangle {
  return [Math.floor(left - reach) - 1, Math.floor(top - reach) - 1, Math.ceil(right + reach) + 1, Math.ceil(bottom + reach) + 1];
}

function clipped([left, top, right, bottom]: Rectangle, { width, height }: Canvas): Rectangle[] {
  const inside: Rectangle = [Math.max(0, left), Math.max(0, top), Math.min(width, right), Math.min(height, bottom)];
  return inside[0] < inside[2] && inside[1] < inside[3] ? [inside] : [];
}

const around = (a: Rectangle, b: Rectangle): Rectangle => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
const areaOf = ([left, top, right, bottom]: Rectangle): number => (right - left) * (bottom - top);

/** Rectangles that are drawn together where that costs no more than drawing each. */
function apart(rectangles: readonly Rectangle[]): Rectangle[] {
  const found: Rectangle[] = [];
  for (let next of rectangles) {
    for (let at = 0; at < found.length; ) {
      const together = around(found[at]!, next);
      if (areaOf(together) <= areaOf(found[at]!) + areaOf(next)) {
        next = together;
        found.splice(at, 1);
        at = 0;
      } else at++;
    }
    found.push(next);
  }
  return found.length > MOST_RECTANGLES ? [found.reduce(around)] : found;
}
